import { DatePicker, Form, Input, Modal, Select } from 'antd'
import dayjs, { type Dayjs } from 'dayjs'
import { useTranslation } from 'react-i18next'
import { answer, client, type Schemas } from '../../../api/client'
import { useWrite } from '../../../api/write'
import { Problem } from '../../../shared/ui/Problem'
import { memberKey, type Member } from '../queries'

interface Fields {
  name?: string
  gender?: Schemas['Gender']
  birthday?: Dayjs
}

/** Only what was filled in is sent: masked values are not known here and stay as they are. */
function changed(fields: Fields, member: Member): Schemas['MemberPatch'] {
  return {
    ...(fields.name?.trim() ? { name: fields.name.trim() } : {}),
    ...(fields.gender && fields.gender !== member.gender ? { gender: fields.gender } : {}),
    ...(fields.birthday ? { birthday: fields.birthday.format('YYYY-MM-DD') } : {}),
  }
}

export function EditProfile({ member, open, onClose }: { member: Member; open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const [form] = Form.useForm<Fields>()
  const edit = useWrite(
    (body: Schemas['MemberPatch'], _key) => answer(client.PATCH('/api/v1/members/{id}', { params: { path: { id: member.member_id } }, body })),
    { stale: [memberKey(member.member_id), ['members']], onDone: onClose },
  )
  return (
    <Modal
      open={open}
      title={t('member.edit')}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      confirmLoading={edit.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => { form.resetFields(); edit.reset() }}
      destroyOnHidden
    >
      <p className="muted" style={{ marginBottom: 16 }}>{t('member.edit_help')}</p>
      {edit.error && <div style={{ marginBottom: 16 }}><Problem error={edit.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ gender: member.gender }} onFinish={(fields) => edit.mutate(changed(fields, member))}>
        <Form.Item name="name" label={t('member.field_name')} extra={t('member.now', { value: member.name ?? '—' })}>
          <Input autoComplete="off" maxLength={60} />
        </Form.Item>
        <Form.Item name="gender" label={t('member.gender')}>
          <Select allowClear options={(['female', 'male', 'other'] as const).map((value) => ({ value, label: t(`gender.${value}`) }))} />
        </Form.Item>
        <Form.Item name="birthday" label={t('member.birthday')} extra={t('member.now', { value: member.birthday ?? '—' })}>
          <DatePicker maxDate={dayjs()} style={{ width: '100%' }} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
