import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, App, Button, Card, Empty, Form, Input, Modal, Select, Skeleton } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../api/write'
import { money } from '../../shared/format'
import { Yuan } from '../../shared/ui/inputs'
import { State } from '../../shared/ui/Marks'
import { Problem } from '../../shared/ui/Problem'
import { templatesQuery } from '../coupons/queries'
import { changeDraft, nextDocument, withoutBlanks } from '../program/draft'
import { programQuery } from '../program/queries'
import { freshId } from '../promotions/promotion'
import { useCan } from '../session/rights'
import { putPlan, walletOf, withoutPlan, type Plan } from './queries'

function useTemplateName() {
  const { i18n } = useTranslation()
  const can = useCan()
  const { data } = useQuery({ ...templatesQuery, enabled: can('seeCoupons') })
  const names = new Map((data?.items ?? []).map((one) => [one.template_id, (i18n.language === 'zh-CN' ? one.template.name.zh : one.template.name.en) || one.template.name.zh || one.template_id]))
  return { names, nameOf: (id: string) => names.get(id) ?? id }
}

function PlanForm({ plan, taken, onClose }: { plan: Plan | null; taken: Set<string>; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Plan>()
  const { names } = useTemplateName()
  const save = useWrite(
    async (fields: Plan) => {
      const said = withoutBlanks(fields) as Plan
      const id = plan?.id ?? freshId(fields.name?.en ?? `plan-${fields.principal / 100}`, taken)
      return changeDraft((document) => putPlan(document, { ...said, id }))
    },
    { stale: [['program']], onDone: () => { void message.success(t('wallet.plan_saved')); onClose() } },
  )
  return (
    <Modal open title={t(plan ? 'wallet.edit_plan' : 'wallet.new_plan')} okText={t('promo.save')} cancelText={t('common.cancel')} confirmLoading={save.isPending} onOk={() => form.submit()} onCancel={onClose}>
      {save.error && <div style={{ marginBottom: 16 }}><Problem error={save.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={plan ?? {}} onFinish={() => save.mutate(form.getFieldsValue(true) as Plan)}>
        <div className="pair">
          <Form.Item name={['name', 'zh']} label={t('promo.name_zh')} rules={[{ required: true, whitespace: true, message: t('promo.needed') }]}><Input maxLength={100} placeholder={t('wallet.plan_example')} autoFocus /></Form.Item>
          <Form.Item name={['name', 'en']} label={t('promo.name_en')}><Input maxLength={100} /></Form.Item>
          <Form.Item name="principal" label={t('wallet.pays')} rules={[{ required: true, message: t('promo.needed') }]}><Yuan min={1} /></Form.Item>
          <Form.Item name="bonus" label={t('wallet.bonus_given')}><Yuan placeholder="0" /></Form.Item>
        </div>
        <Form.Item name="coupon_template" label={t('wallet.coupon_given')}>
          <Select allowClear placeholder={t('promo.nothing')} options={[...names.entries()].map(([value, label]) => ({ value, label }))} />
        </Form.Item>
      </Form>
    </Modal>
  )
}

/** The top-ups on offer as sentences, and how stored value is spent. */
export function Plans() {
  const { t, i18n } = useTranslation()
  const can = useCan()
  const { modal, message } = App.useApp()
  const { nameOf } = useTemplateName()
  const query = useQuery(programQuery)
  const [editing, setEditing] = useState<{ plan: Plan | null } | null>(null)
  const remove = useWrite((id: string) => changeDraft((document) => withoutPlan(document, id)), { stale: [['program']], onDone: () => void message.success(t('promo.removed')) })
  const program = query.data
  if (query.error && !program) return <Problem error={query.error} retry={() => void query.refetch()} />
  if (!program) return <Card><Skeleton active paragraph={{ rows: 5 }} /></Card>
  const inForce = new Map(walletOf(program.document).plans.map((plan) => [plan.id, plan]))
  const rules = walletOf(nextDocument(program))
  const gone = [...inForce.values()].filter((plan) => !rules.plans.some(({ id }) => id === plan.id))
  const differs = (plan: Plan) => {
    const old = inForce.get(plan.id)
    return !old || old.principal !== plan.principal || (old.bonus ?? 0) !== (plan.bonus ?? 0) || (old.coupon_template ?? null) !== (plan.coupon_template ?? null)
  }
  const mayEdit = can('editProgram')
  const nameOfPlan = (plan: Plan) => (i18n.language === 'zh-CN' ? plan.name?.zh : plan.name?.en) || plan.name?.zh || plan.id
  return (
    <div className="stack">
      {(rules.plans.some(differs) || gone.length > 0) && (
        <Alert type="info" showIcon title={t('wallet.draft')} action={mayEdit && <Link to="/program" search={{ tab: 'draft' }}><Button size="small">{t('wallet.to_draft')}</Button></Link>} />
      )}
      {remove.error && <Problem error={remove.error} />}
      {rules.plans.length === 0 ? (
        <Card><Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('wallet.no_plans')}>{mayEdit && <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing({ plan: null })}>{t('wallet.new_plan')}</Button>}</Empty></Card>
      ) : (
        <ul className="plans">
          {rules.plans.map((plan) => (
            <li key={plan.id} className="plan">
              <div className="row between" style={{ flexWrap: 'nowrap' }}>
                <span className="muted">{nameOfPlan(plan)}</span>
                {differs(plan) && <State tone="warn">{t('promo.change_new')}</State>}
              </div>
              <p className="plan-says">{t('wallet.pay', { amount: money(plan.principal).replace(/\.00$/, '') })}{plan.bonus ? <strong>{t('wallet.gets', { amount: money(plan.bonus).replace(/\.00$/, '') })}</strong> : null}</p>
              <span className="muted">{plan.coupon_template ? t('wallet.with_coupon', { name: nameOf(plan.coupon_template) }) : ' '}</span>
              {mayEdit && (
                <span className="plan-acts">
                  <Button type="text" size="small" icon={<EditOutlined />} aria-label={t('promo.edit_of', { name: nameOfPlan(plan) })} onClick={() => setEditing({ plan })} />
                  <Button type="text" size="small" danger icon={<DeleteOutlined />} aria-label={t('promo.remove_of', { name: nameOfPlan(plan) })} onClick={() => void modal.confirm({ title: t('promo.remove_title', { name: nameOfPlan(plan) }), content: t('promo.remove_help'), okText: t('promo.remove'), cancelText: t('common.cancel'), okButtonProps: { danger: true }, onOk: () => remove.mutateAsync(plan.id) })} />
                </span>
              )}
            </li>
          ))}
          {mayEdit && <li><button type="button" className="plan plan-new" onClick={() => setEditing({ plan: null })}><PlusOutlined /> {t('wallet.new_plan')}</button></li>}
        </ul>
      )}
      <Card title={<h2 className="card-title">{t('wallet.rules')}</h2>}>
        <ul className="plain">
          <li>{t(`wallet.spend_${rules.spendOrder}`, { defaultValue: rules.spendOrder })}</li>
          <li>{rules.bonusDays === null ? t('wallet.bonus_for_ever') : t('wallet.bonus_days', { days: rules.bonusDays })}</li>
          <li>{t('wallet.limits', { named: money(rules.limits.named), unnamed: money(rules.limits.unnamed) })}</li>
          <li>{t('wallet.grace', { days: rules.restoreGraceDays })}</li>
        </ul>
      </Card>
      {editing && <PlanForm plan={editing.plan} taken={new Set(rules.plans.map(({ id }) => id))} onClose={() => setEditing(null)} />}
    </div>
  )
}
