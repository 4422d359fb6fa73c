import { App, Checkbox, DatePicker, Form, Input, InputNumber, Modal, Segmented } from 'antd'
import dayjs, { type Dayjs } from 'dayjs'
import { useTranslation } from 'react-i18next'
import { answer, client, type Schemas } from '../../../api/client'
import { useWrite } from '../../../api/write'
import { count, startOfDay } from '../../../shared/format'
import { Problem } from '../../../shared/ui/Problem'
import { memberKey, type Member } from '../queries'

interface Fields {
  direction: 'grant' | 'deduct'
  points: number
  reason: string
  expires?: Dayjs
  allow_debt?: boolean
}

/** The day chosen is the last good one, so the lot is over at the next midnight of the program's zone. */
function endOfDay(day: Dayjs): string {
  return startOfDay(day.add(1, 'day').format('YYYY-MM-DD'))
}

export function AdjustPoints({ member, open, onClose }: { member: Member; open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const direction = Form.useWatch('direction', form) ?? 'grant'
  const points = Form.useWatch('points', form)
  const adjust = useWrite(
    (body: Schemas['AdjustBody'], key) =>
      answer(client.POST('/api/v1/members/{id}/points/adjust', { params: { path: { id: member.member_id }, header: { 'Idempotency-Key': key } }, body })),
    {
      stale: [memberKey(member.member_id), ['adjustments']],
      onDone: (done) => {
        if ('adjustment_id' in done) void message.info(t('adjustments.waits'), 6)
        else void message.success(t('adjust.done'))
        onClose()
      },
    },
  )
  const submit = (fields: Fields) =>
    adjust.mutate({
      points: fields.direction === 'grant' ? fields.points : -fields.points,
      reason: fields.reason.trim(),
      ...(fields.direction === 'grant' && fields.expires ? { expires_at: endOfDay(fields.expires) } : {}),
      ...(fields.direction === 'deduct' && fields.allow_debt ? { allow_debt: true } : {}),
    })
  return (
    <Modal
      open={open}
      title={t('member.adjust')}
      okText={points ? t(direction === 'grant' ? 'adjust.grant_points' : 'adjust.deduct_points', { points: count(points) }) : t('member.adjust')}
      okButtonProps={{ danger: direction === 'deduct' }}
      cancelText={t('common.cancel')}
      confirmLoading={adjust.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => { form.resetFields(); adjust.reset() }}
      destroyOnHidden
    >
      <p className="muted" style={{ marginBottom: 16 }}>{t('adjust.help', { available: count(member.points.available) })}</p>
      {adjust.error && <div style={{ marginBottom: 16 }}><Problem error={adjust.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ direction: 'grant' }} onFinish={submit}>
        <Form.Item name="direction" label={t('adjust.direction')}>
          <Segmented options={[{ value: 'grant', label: t('adjust.grant') }, { value: 'deduct', label: t('adjust.deduct') }]} />
        </Form.Item>
        <Form.Item name="points" label={t('adjust.points')} rules={[{ required: true, message: t('adjust.points_missing') }]}>
          <InputNumber min={1} max={1_000_000_000_000} precision={0} style={{ width: '100%' }} autoFocus />
        </Form.Item>
        {direction === 'grant' ? (
          <Form.Item name="expires" label={t('adjust.expires')} extra={t('adjust.expires_help')}>
            <DatePicker minDate={dayjs()} style={{ width: '100%' }} />
          </Form.Item>
        ) : (
          <Form.Item name="allow_debt" valuePropName="checked" extra={t('adjust.debt_help')}>
            <Checkbox>{t('adjust.debt')}</Checkbox>
          </Form.Item>
        )}
        <Form.Item name="reason" label={t('common.reason')} rules={[{ required: true, whitespace: true, min: 4, message: t('common.reason_missing') }]}>
          <Input.TextArea rows={2} maxLength={200} showCount placeholder={t('adjust.example')} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
