import { App, Button, Drawer, Form, Input, Segmented, Select } from 'antd'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../api/write'
import { Moment, Whole, Yuan } from '../../shared/ui/inputs'
import { Problem } from '../../shared/ui/Problem'
import { templatesQuery } from '../coupons/queries'
import { atFields, withoutBlanks } from '../program/draft'
import { useTiers } from '../program/queries'
import { changeGood, makeGood, type Good, type GoodShown } from './queries'

const kinds = ['goods', 'sample', 'coupon'] as const

/** Something the mall offers, new or changed. */
export function GoodForm({ shown, open, onClose }: { shown: GoodShown | null; open: boolean; onClose: () => void }) {
  const { t, i18n } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Good>()
  const kind = Form.useWatch('kind', form) ?? shown?.good.kind ?? 'goods'
  const tiers = useTiers()
  const templates = useQuery({ ...templatesQuery, enabled: open && kind === 'coupon' })
  const save = useWrite((good: Good, key) => (shown ? changeGood(shown.good_id, { good }) : makeGood(good, key)), {
    stale: [['goods']],
    onDone: () => { void message.success(t('mall.saved')); onClose() },
  })
  const submit = () => {
    const { coupon_template: template, ...fields } = form.getFieldsValue(true) as Good
    const said = withoutBlanks({ ...fields, ...(fields.kind === 'coupon' ? { coupon_template: template } : {}) }) as Good
    save.mutate({ ...said, name: said.name ?? {} }, {
      onError: (error) => form.setFields(atFields(error)),
    })
  }
  const needed = [{ required: true, message: t('promo.needed') }]
  const free = t('promo.no_limit')
  return (
    <Drawer open={open} onClose={onClose} size={560} title={t(shown ? 'mall.edit' : 'mall.new')} destroyOnHidden afterOpenChange={(isOpen) => { if (!isOpen) save.reset() }} extra={<Button type="primary" loading={save.isPending} onClick={() => form.submit()}>{t('mall.save')}</Button>}>
      {save.error && <div style={{ marginBottom: 16 }}><Problem error={save.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={shown?.good ?? { kind: 'goods', name: {} }} onFinish={submit}>
        <div className="pair">
          <Form.Item name={['name', 'zh']} label={t('promo.name_zh')} rules={[{ required: true, whitespace: true, message: t('promo.needed') }]}><Input maxLength={100} /></Form.Item>
          <Form.Item name={['name', 'en']} label={t('promo.name_en')}><Input maxLength={100} /></Form.Item>
        </div>
        <Form.Item name="kind" label={t('mall.kind')} extra={t(`mall.kind_help_${kind}`)}><Segmented options={kinds.map((value) => ({ value, label: t(`mall.kind_${value}`) }))} /></Form.Item>
        {kind === 'coupon' && (
          <Form.Item name="coupon_template" label={t('coupon.template')} rules={needed}>
            <Select loading={templates.isLoading} options={(templates.data?.items ?? []).map((one) => ({ value: one.template_id, label: (i18n.language === 'zh-CN' ? one.template.name.zh : one.template.name.en) || one.template.name.zh || one.template_id }))} />
          </Form.Item>
        )}
        <div className="pair">
          <Form.Item name="points" label={t('mall.points')} rules={needed}><Whole min={0} /></Form.Item>
          <Form.Item name="cash" label={t('mall.cash')}><Yuan placeholder="0" /></Form.Item>
          <Form.Item name="stock" label={t('mall.stock')}><Whole min={0} placeholder={free} /></Form.Item>
          <Form.Item name="per_member" label={t('mall.per_member')}><Whole placeholder={free} /></Form.Item>
          <Form.Item name="from" label={t('promo.field_from')}><Moment placeholder={t('mall.at_once')} /></Form.Item>
          <Form.Item name="until" label={t('promo.field_until')} extra={t('promo.until_help')}><Moment isEnd placeholder={t('promo.for_ever')} /></Form.Item>
        </div>
        <Form.Item name="tiers" label={t('mall.tiers')}><Select mode="multiple" placeholder={t('mall.all_tiers')} options={tiers.ladder.map((rung) => ({ value: rung.id, label: rung.label }))} /></Form.Item>
      </Form>
    </Drawer>
  )
}
