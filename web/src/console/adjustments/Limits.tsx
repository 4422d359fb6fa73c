import { DeleteOutlined, PlusOutlined, SettingOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { App, Button, Checkbox, Form, Modal, Select, Skeleton } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { useWrite } from '../../api/write'
import { Whole } from '../../shared/ui/inputs'
import { Problem } from '../../shared/ui/Problem'
import { limitsQuery, putLimits } from './queries'

type Limits = Schemas['AdjustmentLimitsBody']
interface Fields {
  limit: number | null
  roles: { role: string; limit: number | null }[]
}

// Those whose roles may adjust points.
const roles = ['admin', 'operator', 'finance'] as const

/** A number of points, or none: whoever it is for decides alone. */
function LimitInput({ id, value = null, onChange, label }: { id?: string; value?: number | null; onChange?: (value: number | null) => void; label: string }) {
  const { t } = useTranslation()
  const isFree = value === null
  return (
    <span className="row" style={{ flexWrap: 'nowrap' }}>
      <Whole {...(id === undefined ? {} : { id })} label={label} value={value} min={0} placeholder={t('promo.no_limit')} onChange={(next) => onChange?.(next)} />
      <Checkbox checked={isFree} onChange={(event) => onChange?.(event.target.checked ? null : 1000)} style={{ flex: 'none' }}>{t('promo.no_limit')}</Checkbox>
    </span>
  )
}

function LimitsForm({ limits, onClose }: { limits: Limits; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const named = Form.useWatch('roles', form) ?? []
  const save = useWrite((body: Limits) => putLimits(body), {
    stale: [['adjustments']],
    onDone: () => { void message.success(t('adjustments.limits_saved')); onClose() },
  })
  const initial: Fields = { limit: limits.limit ?? null, roles: Object.entries(limits.roles ?? {}).map(([role, limit]) => ({ role, limit: limit ?? null })) }
  const offered = (own: string | undefined) => roles.filter((role) => role === own || !named.some((one) => one?.role === role))
  return (
    <Modal open title={t('adjustments.limits')} okText={t('common.save')} cancelText={t('common.cancel')} confirmLoading={save.isPending} onOk={() => form.submit()} onCancel={onClose}>
      <p className="muted" style={{ marginBottom: 16 }}>{t('adjustments.limits_help')}</p>
      {save.error && <div style={{ marginBottom: 16 }}><Problem error={save.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={initial} onFinish={() => {
        const fields = form.getFieldsValue(true) as Fields
        save.mutate({ limit: fields.limit ?? null, roles: Object.fromEntries((fields.roles ?? []).filter(({ role }) => role).map(({ role, limit }) => [role, limit ?? null])) })
      }}>
        <Form.Item name="limit" label={t('adjustments.limit_all')}><LimitInput label={t('adjustments.limit_all')} /></Form.Item>
        <Form.List name="roles">
          {(fields, { add, remove }) => (
            <div className="stack" style={{ gap: 8 }}>
              {fields.map((field) => (
                <div key={field.key} className="row" style={{ flexWrap: 'nowrap', alignItems: 'flex-end' }}>
                  <Form.Item name={[field.name, 'role']} label={t('staff.role')} style={{ width: 150, marginBottom: 0 }} rules={[{ required: true, message: t('promo.needed') }]}>
                    <Select options={offered(named[field.name]?.role).map((role) => ({ value: role, label: t(`role.${role}`) }))} />
                  </Form.Item>
                  <Form.Item name={[field.name, 'limit']} label={t('adjustments.limit_alone')} style={{ flex: 1, marginBottom: 0 }}><LimitInput label={t('adjustments.limit_alone')} /></Form.Item>
                  <Button type="text" icon={<DeleteOutlined />} aria-label={t('adjustments.limit_remove')} onClick={() => remove(field.name)} />
                </div>
              ))}
              {offered(undefined).length > 0 && <Button type="dashed" size="small" icon={<PlusOutlined />} style={{ alignSelf: 'flex-start' }} onClick={() => add({ role: offered(undefined)[0], limit: 1000 })}>{t('adjustments.limit_add')}</Button>}
            </div>
          )}
        </Form.List>
      </Form>
    </Modal>
  )
}

/** Up to how many points somebody adjusts alone: the button that says it, and the form that sets it. */
export function LimitsButton() {
  const { t } = useTranslation()
  const [isOpen, setIsOpen] = useState(false)
  const query = useQuery({ ...limitsQuery, enabled: isOpen })
  return (
    <>
      <Button icon={<SettingOutlined />} onClick={() => setIsOpen(true)}>{t('adjustments.limits')}</Button>
      {isOpen && (query.data && !query.isFetching ? <LimitsForm limits={query.data} onClose={() => setIsOpen(false)} /> : (
        <Modal open title={t('adjustments.limits')} footer={null} onCancel={() => setIsOpen(false)}>
          {query.error ? <Problem error={query.error} retry={() => void query.refetch()} /> : <Skeleton active paragraph={{ rows: 3 }} />}
        </Modal>
      ))}
    </>
  )
}
