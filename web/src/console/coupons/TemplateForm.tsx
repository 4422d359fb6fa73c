import { App, Checkbox, Drawer, Form, Input, Select, Segmented, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../api/write'
import { Moment, Whole, Yuan } from '../../shared/ui/inputs'
import { useWord } from '../../shared/ui/Marks'
import { Problem } from '../../shared/ui/Problem'
import { atFields, withoutBlanks } from '../program/draft'
import { Words } from '../promotions/BenefitFields'
import { HoursInput } from '../promotions/controls'
import { useChannels } from '../promotions/queries'
import { foldText } from '../promotions/sentences'
import { changeTemplate, makeTemplate, type Template, type TemplateShown } from './queries'

const kinds = ['amount', 'percent', 'fixed_price', 'gift', 'shipping', 'times'] as const
const weekdays = [1, 2, 3, 4, 5, 6, 7]

const blank: Partial<Template> = { kind: 'amount', validity: { kind: 'days', days: 30, delay: 0 }, restore_on_refund: true }
type Fields = Template & { isClaimable?: boolean }

/** Only what belongs to the kind is sent. */
function templateOf({ isClaimable, ...fields }: Fields): Template {
  const own: Record<Template['kind'], (keyof Template)[]> = { amount: ['amount'], fixed_price: ['amount'], shipping: ['amount'], percent: ['percent', 'cap'], gift: ['gift', 'gift_quantity'], times: ['times'] }
  const all = new Set<string>(['amount', 'percent', 'gift', 'gift_quantity', 'times'])
  const kept = Object.fromEntries(Object.entries(fields).filter(([name]) => !all.has(name) || own[fields.kind].includes(name as keyof Template)))
  const said = withoutBlanks(kept) as Template
  const { claim, ...rest } = said
  // An empty window is one without bounds.
  return { ...rest, ...(isClaimable ? { claim: claim ?? ({} as Template['claim']) } : {}) } as Template
}

/** A template of coupons, new or changed; what is already issued keeps its version. */
export function TemplateForm({ template, open, onClose }: { template: TemplateShown | null; open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const word = useWord()
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const kind = Form.useWatch('kind', form) ?? template?.template.kind ?? 'amount'
  const percent = Form.useWatch('percent', form)
  const validity = Form.useWatch(['validity', 'kind'], form) ?? template?.template.validity.kind ?? 'days'
  const isClaimable = Form.useWatch('isClaimable', form) ?? false
  const channels = useChannels()
  const save = useWrite(
    (fields: Template, key) => (template ? changeTemplate(template.template_id, { template: fields }) : makeTemplate(fields, key)),
    { stale: [['coupon-templates']], onDone: () => { void message.success(t('coupon.saved')); onClose() } },
  )
  const submit = (fields: Fields) =>
    save.mutate(templateOf(fields), {
      onError: (error) => form.setFields(atFields(error)),
    })
  const needed = [{ required: true, message: t('promo.needed') }]
  const free = t('promo.no_limit')
  return (
    <Drawer
      open={open}
      onClose={onClose}
      size={640}
      title={t(template ? 'coupon.edit' : 'coupon.new')}
      destroyOnHidden
      afterOpenChange={(isOpen) => { if (!isOpen) { save.reset() } }}
      extra={<Button type="primary" loading={save.isPending} onClick={() => form.submit()}>{t('coupon.save')}</Button>}
    >
      {template && <p className="muted" style={{ marginBottom: 16 }}>{t('coupon.edit_help', { version: template.version + 1 })}</p>}
      {save.error && <div style={{ marginBottom: 16 }}><Problem error={save.error} /></div>}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ ...(template?.template ?? blank), isClaimable: template?.template.claim !== undefined && template.template.claim !== null }}
        onFinish={() => submit(form.getFieldsValue(true) as Fields)}
      >
        <div className="pair">
          <Form.Item name={['name', 'zh']} label={t('promo.name_zh')} rules={[{ required: true, whitespace: true, message: t('promo.needed') }]}><Input maxLength={100} placeholder={t('coupon.name_example')} /></Form.Item>
          <Form.Item name={['name', 'en']} label={t('promo.name_en')}><Input maxLength={100} /></Form.Item>
        </div>
        <Form.Item name="kind" label={t('coupon.kind')}><Segmented block options={kinds.map((value) => ({ value, label: t(`coupon.kind_${value}`) }))} /></Form.Item>
        <div className="pair">
          {kind === 'percent' && <Form.Item name="percent" label={t('coupon.percent')} rules={needed} extra={percent ? t('coupon.means_fold', { fold: foldText(percent) }) : undefined}><Whole max={100} suffix="%" /></Form.Item>}
          {(kind === 'amount' || kind === 'fixed_price') && <Form.Item name="amount" label={t(kind === 'amount' ? 'coupon.amount_off' : 'promo.price')} rules={needed}><Yuan /></Form.Item>}
          {kind === 'shipping' && <Form.Item name="amount" label={t('coupon.shipping_off')}><Yuan placeholder={t('promo.shipping_free')} /></Form.Item>}
          {kind === 'gift' && <Form.Item name="gift" label={t('promo.gift_sku')} rules={needed}><Input maxLength={128} /></Form.Item>}
          {kind === 'gift' && <Form.Item name="gift_quantity" label={t('promo.gift_quantity')}><Whole max={1000} placeholder="1" /></Form.Item>}
          {kind === 'times' && <Form.Item name="times" label={t('coupon.times_field')} rules={needed}><Whole max={1000} /></Form.Item>}
          {kind !== 'times' && <Form.Item name="min_spend" label={t('promo.field_spend')}><Yuan placeholder={t('promo.no_threshold')} /></Form.Item>}
          {kind === 'percent' && <Form.Item name="cap" label={t('promo.cap_most')}><Yuan min={1} placeholder={free} /></Form.Item>}
        </div>
        <h3 className="form-heading">{t('coupon.section_when')}</h3>
        <Form.Item name={['validity', 'kind']} label={t('coupon.validity')}>
          <Segmented options={['days', 'window'].map((value) => ({ value, label: t(`coupon.validity_${value}`) }))} />
        </Form.Item>
        {validity === 'days' ? (
          <div className="pair">
            <Form.Item name={['validity', 'days']} label={t('coupon.days')} rules={needed}><Whole max={3660} /></Form.Item>
            <Form.Item name={['validity', 'delay']} label={t('coupon.delay')}><Whole min={0} max={3660} placeholder="0" /></Form.Item>
          </div>
        ) : (
          <div className="pair">
            <Form.Item name={['validity', 'from']} label={t('promo.field_from')} rules={needed}><Moment /></Form.Item>
            <Form.Item name={['validity', 'until']} label={t('promo.field_until')} rules={needed} extra={t('promo.until_help')}><Moment isEnd /></Form.Item>
          </div>
        )}
        <div className="pair">
          <Form.Item name={['usable', 'weekdays']} label={t('promo.field_weekdays')}><Select mode="multiple" placeholder={t('promo.every_day')} options={weekdays.map((day) => ({ value: day, label: t(`weekday.${day}`) }))} /></Form.Item>
          <Form.Item name={['usable', 'hours']} label={t('promo.field_hours')}><HoursInput /></Form.Item>
        </div>
        <h3 className="form-heading">{t('promo.section_where')}</h3>
        <div className="pair">
          <Form.Item name={['scope', 'include', 'channels']} label={t('promo.field_channels')}><Select mode="multiple" placeholder={t('promo.everywhere')} options={channels.map((channel) => ({ value: channel, label: word('channel', channel) }))} /></Form.Item>
          <Form.Item name={['scope', 'include', 'stores']} label={t('promo.field_stores')}><Words placeholder={t('promo.everywhere')} /></Form.Item>
          <Form.Item name={['scope', 'include', 'categories']} label={t('promo.field_categories')}><Words placeholder={t('promo.everything')} /></Form.Item>
          <Form.Item name={['scope', 'include', 'skus']} label={t('promo.field_skus')}><Words placeholder={t('promo.everything')} /></Form.Item>
        </div>
        <h3 className="form-heading">{t('coupon.section_limits')}</h3>
        <div className="pair">
          <Form.Item name="stock" label={t('coupon.stock')}><Whole placeholder={free} /></Form.Item>
          <Form.Item name="budget" label={t('promo.field_money')}><Yuan min={1} placeholder={free} /></Form.Item>
          <Form.Item name="per_member" label={t('coupon.per_member_field')}><Whole placeholder={free} /></Form.Item>
          <Form.Item name="per_day" label={t('coupon.per_day_field')}><Whole placeholder={free} /></Form.Item>
          <Form.Item name="stacking_group" label={t('promo.field_group')} extra={t('coupon.group_help')}><Input maxLength={64} placeholder={t('promo.no_group')} /></Form.Item>
        </div>
        <div className="stack" style={{ gap: 8 }}>
          <Form.Item name="isClaimable" valuePropName="checked" noStyle><Checkbox>{t('coupon.claimable')}</Checkbox></Form.Item>
          {isClaimable && (
            <div className="pair">
              <Form.Item name={['claim', 'from']} label={t('coupon.claim_from_field')}><Moment placeholder={t('promo.at_once')} /></Form.Item>
              <Form.Item name={['claim', 'until']} label={t('coupon.claim_until_field')}><Moment isEnd placeholder={t('promo.for_ever')} /></Form.Item>
            </div>
          )}
          <Form.Item name="full_price_only" valuePropName="checked" noStyle><Checkbox>{t('coupon.full_price_only')}</Checkbox></Form.Item>
          <Form.Item name="restore_on_refund" valuePropName="checked" noStyle><Checkbox>{t('coupon.restored')}</Checkbox></Form.Item>
          <Form.Item name="transferable" valuePropName="checked" noStyle><Checkbox>{t('coupon.transferable')}</Checkbox></Form.Item>
          {!template && <Form.Item name="imported_codes" valuePropName="checked" noStyle><Checkbox>{t('coupon.imported_field')}</Checkbox></Form.Item>}
        </div>
      </Form>
    </Drawer>
  )
}
