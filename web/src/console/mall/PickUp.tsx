import { CheckCircleFilled } from '@ant-design/icons'
import { App, Button, Card, Form, Input, Result, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../api/write'
import { useWord } from '../../shared/ui/Marks'
import { Problem } from '../../shared/ui/Problem'
import { useChannels } from '../promotions/queries'
import { useSession } from '../session/session'
import { handOver } from './queries'

interface Fields {
  code: string
  channel: string
  shop?: string
}

/** Hands goods over against the code that the member shows. */
export function PickUp() {
  const { t } = useTranslation()
  const word = useWord()
  const { message } = App.useApp()
  const { staff } = useSession()
  const channels = useChannels()
  const [form] = Form.useForm<Fields>()
  const [done, setDone] = useState<string | null>(null)
  const hand = useWrite(({ code, channel, shop }: Fields, key) => handOver({ code: code.trim(), channel, ...(shop?.trim() ? { shop: shop.trim() } : {}) }, key), {
    stale: [['member'], ['goods']],
    onDone: ({ exchange_id }) => {
      void message.success(t('mall.handed'))
      setDone(exchange_id)
      form.setFieldValue('code', '')
    },
  })
  return (
    <Card>
      <div className="grid-half">
        <Form form={form} layout="vertical" requiredMark={false} initialValues={{ channel: 'pos', shop: staff.shops[0]?.split('/').at(-1) }} onFinish={(fields) => hand.mutate(fields)}>
          <p className="muted" style={{ marginBottom: 16 }}>{t('mall.pick_up_help')}</p>
          {hand.error && <div style={{ marginBottom: 16 }}><Problem error={hand.error} /></div>}
          <Form.Item name="code" label={t('mall.code')} rules={[{ required: true, whitespace: true, message: t('promo.needed') }]}>
            <Input className="mono" size="large" autoComplete="off" autoFocus placeholder="XXXX-XXXX-XXXX-XXXX" />
          </Form.Item>
          <div className="pair">
            <Form.Item name="channel" label={t('cart.channel')}><Select options={(channels.includes('pos') ? channels : ['pos', ...channels]).map((channel) => ({ value: channel, label: word('channel', channel) }))} /></Form.Item>
            <Form.Item name="shop" label={t('mall.store')}><Input maxLength={64} /></Form.Item>
          </div>
          <Button type="primary" size="large" htmlType="submit" loading={hand.isPending}>{t('mall.hand_over')}</Button>
        </Form>
        <div aria-live="polite">
          {done && <Result icon={<CheckCircleFilled style={{ color: 'var(--success)' }} />} title={t('mall.handed')} subTitle={<span className="mono">{done}</span>} />}
        </div>
      </div>
    </Card>
  )
}
