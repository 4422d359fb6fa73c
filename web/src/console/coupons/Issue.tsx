import { App, Form, Input, Modal, Select } from 'antd'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { answer, client } from '../../api/client'
import { useWrite } from '../../api/write'
import { Whole } from '../../shared/ui/inputs'
import { Problem } from '../../shared/ui/Problem'
import { memberKey, searchMembers } from '../members/queries'
import { issueCoupons, templatesQuery } from './queries'
import { effectText } from './sentences'

interface Fields {
  member?: string
  template?: string
  count: number
}

/** The member of a number, or of a phone or card: what is typed may be personal, so it goes in a body. */
async function memberOf(text: string): Promise<string> {
  const found = (await searchMembers({ text, limit: 1 })).items[0]
  if (found) return found.member_id
  // Answers with the problem that says so.
  return (await answer(client.GET('/api/v1/members/{id}', { params: { path: { id: text } } }))).member_id
}

/** Gives coupons to one member: of a template that is known, or to a member who is. */
export function Issue({ template, member, open, onClose }: { template?: string; member?: string; open: boolean; onClose: () => void }) {
  const { t, i18n } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const templates = useQuery({ ...templatesQuery, enabled: open && template === undefined })
  const issue = useWrite(
    async (fields: Fields, key) => issueCoupons(template ?? fields.template ?? '', { member_id: member ?? (await memberOf(fields.member?.trim() ?? '')), count: fields.count }, key),
    {
      stale: [['coupon-templates'], ...(member ? [memberKey(member)] : [['member']])],
      onDone: ({ coupons }) => { void message.success(t('coupon.issued_done', { count: coupons.length })); onClose() },
    },
  )
  return (
    <Modal
      open={open}
      title={t('coupon.issue')}
      okText={t('coupon.issue')}
      cancelText={t('common.cancel')}
      confirmLoading={issue.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => { form.resetFields(); issue.reset() }}
      destroyOnHidden
    >
      {issue.error && <div style={{ marginBottom: 16 }}><Problem error={issue.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ count: 1 }} onFinish={(fields) => issue.mutate(fields)}>
        {member === undefined && (
          <Form.Item name="member" label={t('coupon.to_member')} rules={[{ required: true, whitespace: true, message: t('promo.needed') }]}>
            <Input autoFocus autoComplete="off" placeholder={t('cart.find_member')} />
          </Form.Item>
        )}
        {template === undefined && (
          <Form.Item name="template" label={t('coupon.template')} rules={[{ required: true, message: t('promo.needed') }]}>
            <Select
              loading={templates.isLoading}
              options={(templates.data?.items ?? []).filter((one) => !one.paused).map((one) => ({
                value: one.template_id,
                label: `${(i18n.language === 'zh-CN' ? one.template.name.zh : one.template.name.en) || one.template.name.zh || one.template_id} · ${effectText(t, one.template)}`,
              }))}
            />
          </Form.Item>
        )}
        <Form.Item name="count" label={t('coupon.count')} rules={[{ required: true, message: t('promo.needed') }]}><Whole max={100} /></Form.Item>
      </Form>
    </Modal>
  )
}
