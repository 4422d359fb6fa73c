import { App, DatePicker, Form, Input, Modal, Radio } from 'antd'
import dayjs, { type Dayjs } from 'dayjs'
import { useTranslation } from 'react-i18next'
import { answer, client, type Schemas } from '../../api/client'
import { useWrite } from '../../api/write'
import { dateTime } from '../../shared/format'
import { Problem } from '../../shared/ui/Problem'

interface Fields {
  when: 'now' | 'later'
  at?: Dayjs
  note?: string
}

export function Publish({ open, onClose, onPublished }: { open: boolean; onClose: () => void; onPublished: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const when = Form.useWatch('when', form) ?? 'now'
  const publish = useWrite(
    (body: Schemas['PublishBody']) => answer(client.POST('/api/v1/program/draft/publish', { body })),
    {
      stale: [['program'], ['program-versions']],
      onDone: ({ version, effective_at }) => {
        void message.success(t('program.published', { version, at: dateTime(effective_at) }))
        onPublished()
        onClose()
      },
    },
  )
  return (
    <Modal
      open={open}
      title={t('program.publish')}
      okText={t(when === 'now' ? 'program.publish_now' : 'program.publish_later')}
      cancelText={t('common.cancel')}
      confirmLoading={publish.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => { form.resetFields(); publish.reset() }}
      destroyOnHidden
    >
      <p className="muted" style={{ marginBottom: 16 }}>{t('program.publish_help')}</p>
      {publish.error && <div style={{ marginBottom: 16 }}><Problem error={publish.error} /></div>}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ when: 'now' }}
        onFinish={({ at, note }) => publish.mutate({ ...(when === 'later' && at ? { effective_at: at.toISOString() } : {}), ...(note?.trim() ? { note: note.trim() } : {}) })}
      >
        <Form.Item name="when" label={t('program.effective')}>
          <Radio.Group options={[{ value: 'now', label: t('program.now') }, { value: 'later', label: t('program.later') }]} />
        </Form.Item>
        {when === 'later' && (
          <Form.Item name="at" label={t('program.at')} rules={[{ required: true, message: t('program.at_missing') }]}>
            <DatePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" minDate={dayjs()} style={{ width: '100%' }} />
          </Form.Item>
        )}
        <Form.Item name="note" label={t('program.note')}>
          <Input maxLength={200} placeholder={t('program.note_example')} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
