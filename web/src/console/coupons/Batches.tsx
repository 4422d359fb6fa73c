import { DownloadOutlined, ImportOutlined, PlusOutlined } from '@ant-design/icons'
import { App, Button, Form, Input, Modal, Progress, Upload } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../api/write'
import { count } from '../../shared/format'
import { Whole } from '../../shared/ui/inputs'
import { DataTable } from '../../shared/ui/DataTable'
import { When, Who } from '../../shared/ui/Marks'
import { Problem } from '../../shared/ui/Problem'
import { usePages } from '../../shared/ui/usePages'
import { useCan } from '../session/rights'
import { codesOf } from './codes'
import { importCodes, loadBatches, makeBatch, type Batch, type TemplateShown } from './queries'

function NewBatch({ template, open, onClose }: { template: string; open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<{ name: string; count: number }>()
  const make = useWrite((body: { name: string; count: number }, key) => makeBatch(template, body, key), {
    stale: [['coupon-batches', template], ['coupon-templates']],
    onDone: ({ codes }) => { void message.success(t('coupon.batch_made', { codes: count(codes) })); onClose() },
  })
  return (
    <Modal open={open} title={t('coupon.new_batch')} okText={t('coupon.make')} cancelText={t('common.cancel')} confirmLoading={make.isPending} onOk={() => form.submit()} onCancel={onClose} afterClose={() => { form.resetFields(); make.reset() }} destroyOnHidden>
      <p className="muted" style={{ marginBottom: 16 }}>{t('coupon.batch_help')}</p>
      {make.error && <div style={{ marginBottom: 16 }}><Problem error={make.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ count: 100 }} onFinish={(fields) => make.mutate({ name: fields.name.trim(), count: fields.count })}>
        <Form.Item name="name" label={t('coupon.batch_name')} rules={[{ required: true, whitespace: true, message: t('promo.needed') }]}><Input maxLength={100} placeholder={t('coupon.batch_example')} autoFocus /></Form.Item>
        <Form.Item name="count" label={t('coupon.batch_count')} rules={[{ required: true, message: t('promo.needed') }]}><Whole max={1_000_000} /></Form.Item>
      </Form>
    </Modal>
  )
}

function Import({ template, open, onClose }: { template: string; open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<{ name: string; text: string }>()
  const text = Form.useWatch('text', form) ?? ''
  const found = codesOf(text)
  const send = useWrite((body: { name: string; codes: string[] }, key) => importCodes(template, body, key), {
    stale: [['coupon-batches', template], ['coupon-templates']],
    onDone: ({ codes }) => { void message.success(t('coupon.imported_done', { codes: count(codes) })); onClose() },
  })
  return (
    <Modal open={open} title={t('coupon.import')} okText={t('coupon.import_count', { count: found.codes.length })} okButtonProps={{ disabled: found.codes.length === 0 }} cancelText={t('common.cancel')} confirmLoading={send.isPending} onOk={() => form.submit()} onCancel={onClose} afterClose={() => { form.resetFields(); send.reset() }} destroyOnHidden>
      <p className="muted" style={{ marginBottom: 16 }}>{t('coupon.import_help')}</p>
      {send.error && <div style={{ marginBottom: 16 }}><Problem error={send.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={({ name }) => send.mutate({ name: name.trim(), codes: found.codes })}>
        <Form.Item name="name" label={t('coupon.batch_name')} rules={[{ required: true, whitespace: true, message: t('promo.needed') }]}><Input maxLength={100} /></Form.Item>
        <Upload
          accept=".csv,.txt"
          showUploadList={false}
          beforeUpload={async (file) => { form.setFieldValue('text', await file.text()); return false }}
        >
          <Button icon={<ImportOutlined />} style={{ marginBottom: 12 }}>{t('coupon.choose_file')}</Button>
        </Upload>
        <Form.Item name="text" label={t('coupon.codes')} extra={found.repeated > 0 ? t('coupon.codes_repeated', { count: found.repeated }) : t('coupon.codes_help')}>
          <Input.TextArea className="mono" rows={8} />
        </Form.Item>
      </Form>
    </Modal>
  )
}

/** The batches of a template: how far they are made, and their codes as a file. */
export function Batches({ shown }: { shown: TemplateShown }) {
  const { t } = useTranslation()
  const can = useCan()
  const [open, setOpen] = useState<'new' | 'import' | null>(null)
  const pages = usePages<Batch>(['coupon-batches', shown.template_id], (cursor) => loadBatches(shown.template_id, cursor))
  const isImported = shown.template.imported_codes === true
  return (
    <>
      <div className="row between" style={{ marginBottom: 8 }}>
        <h3>{t('coupon.batches')}</h3>
        {can('issueCoupons') && (isImported
          ? <Button size="small" icon={<ImportOutlined />} onClick={() => setOpen('import')}>{t('coupon.import')}</Button>
          : <Button size="small" icon={<PlusOutlined />} onClick={() => setOpen('new')}>{t('coupon.new_batch')}</Button>)}
      </div>
      <DataTable<Batch>
        label={t('coupon.batches')}
        pages={pages}
        rowKey="batch_id"
        empty={t('coupon.no_batches')}
        columns={[
          { title: t('coupon.batch_name'), dataIndex: 'name' },
          { title: t('coupon.codes'), dataIndex: 'codes', align: 'right', className: 'figure', render: count },
          { title: t('coupon.made'), render: (_, row) => (row.made >= row.codes ? t('coupon.all_made') : <Progress percent={Math.floor((row.made / row.codes) * 100)} size="small" style={{ width: 96 }} aria-label={t('coupon.made')} />) },
          { title: t('coupon.created'), render: (_, row) => <><When at={row.created_at} /> <Who label={row.created_by} /></> },
          {
            title: <span className="sr-only">{t('common.actions')}</span>,
            render: (_, row) => can('export') && row.made > 0 && (
              <a href={`/api/v1/coupon-batches/${row.batch_id}/codes.csv`} download={`${row.name}.csv`} aria-label={t('coupon.download_of', { name: row.name })}><DownloadOutlined /> CSV</a>
            ),
          },
        ]}
      />
      <NewBatch template={shown.template_id} open={open === 'new'} onClose={() => setOpen(null)} />
      <Import template={shown.template_id} open={open === 'import'} onClose={() => setOpen(null)} />
    </>
  )
}
