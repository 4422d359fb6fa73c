import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Checkbox, Form, Input, Segmented, Select, type FormInstance } from 'antd'
import { useTranslation } from 'react-i18next'
import { Whole, Yuan } from '../../shared/ui/inputs'
import { OffInput, PricesInput } from './controls'
import { benefitKinds, blankBenefit, type Benefit, type BenefitKind } from './promotion'

/** Free text of many values: products, categories, shops. */
export function Words({ id, value, onChange, placeholder, label }: { id?: string; value?: string[]; onChange?: (value: string[]) => void; placeholder?: string; label?: string }) {
  return (
    <Select
      {...(id === undefined ? {} : { id })}
      {...(label === undefined ? {} : { 'aria-label': label })}
      mode="tags"
      open={false}
      suffixIcon={null}
      tokenSeparators={[',', '，', ' ', '\n']}
      value={value ?? []}
      placeholder={placeholder}
      onChange={(next: string[]) => onChange?.(next)}
    />
  )
}

interface FieldsProps {
  /** Where the benefit stands within the form. */
  place: number
  benefit: Benefit
}

function Steps({ place, benefit }: FieldsProps) {
  const { t } = useTranslation()
  const byPieces = (benefit.steps ?? []).some((step) => typeof step.pieces === 'number')
  const form = Form.useFormInstance()
  const measure = (next: string) => form.setFieldValue(['benefits', place, 'steps'], (benefit.steps ?? []).map(({ off }) => ({ ...(off ? { off } : {}), ...(next === 'pieces' ? { pieces: 2 } : { spend: null }) })))
  return (
    <>
      <Form.Item label={t('promo.measure')}>
        <Segmented value={byPieces ? 'pieces' : 'spend'} options={['spend', 'pieces'].map((value) => ({ value, label: t(`promo.measure_${value}`) }))} onChange={measure} />
      </Form.Item>
      <Form.List name={[place, 'steps']}>
        {(steps, { add, remove }) => (
          <div className="stack" style={{ gap: 8, marginBottom: 16 }}>
            {steps.map((step) => (
              <div key={step.key} className="promo-step">
                {byPieces
                  ? <Form.Item name={[step.name, 'pieces']} label={t('promo.from_pieces')} rules={[{ required: true, message: t('promo.needed') }]}><Whole /></Form.Item>
                  : <Form.Item name={[step.name, 'spend']} label={t('promo.from_spend')} rules={[{ required: true, message: t('promo.needed') }]}><Yuan min={1} /></Form.Item>}
                <Form.Item name={[step.name, 'off']} label={t('promo.gives')} rules={[{ required: true, message: t('promo.needed') }]}>
                  <OffInput kinds={['amount', 'percent', 'price']} />
                </Form.Item>
                <Button type="text" icon={<DeleteOutlined />} aria-label={t('promo.remove_step')} disabled={steps.length === 1} onClick={() => remove(step.name)} />
              </div>
            ))}
            <Button type="dashed" size="small" icon={<PlusOutlined />} disabled={steps.length >= 20} onClick={() => add({ off: { amount: 1000 } })} style={{ alignSelf: 'flex-start' }}>{t('promo.add_step')}</Button>
          </div>
        )}
      </Form.List>
      <div className="pair">
        <Form.Item name={[place, 'every']} valuePropName="checked"><Checkbox>{t('promo.every')}</Checkbox></Form.Item>
        {benefit.every && <Form.Item name={[place, 'times_max']} label={t('promo.times_most')}><Whole placeholder={t('promo.no_limit')} /></Form.Item>}
      </div>
    </>
  )
}

function Parts({ place }: { place: number }) {
  const { t } = useTranslation()
  return (
    <Form.List name={[place, 'parts']}>
      {(parts, { add, remove }) => (
        <div className="stack" style={{ gap: 8, marginBottom: 16 }}>
          {parts.map((part) => (
            <div key={part.key} className="promo-step">
              <Form.Item name={[part.name, 'pieces']} label={t('promo.pieces')} rules={[{ required: true, message: t('promo.needed') }]}><Whole max={1000} /></Form.Item>
              <div className="pair">
                <Form.Item name={[part.name, 'scope', 'include', 'skus']} label={t('promo.of_skus')}><Words placeholder={t('promo.all_in_scope')} /></Form.Item>
                <Form.Item name={[part.name, 'scope', 'include', 'categories']} label={t('promo.of_categories')}><Words placeholder={t('promo.all_in_scope')} /></Form.Item>
              </div>
              <Button type="text" icon={<DeleteOutlined />} aria-label={t('promo.remove_part')} disabled={parts.length === 1} onClick={() => remove(part.name)} />
            </div>
          ))}
          <Button type="dashed" size="small" icon={<PlusOutlined />} disabled={parts.length >= 20} onClick={() => add({ pieces: 1 })} style={{ alignSelf: 'flex-start' }}>{t('promo.add_part')}</Button>
        </div>
      )}
    </Form.List>
  )
}

function KindFields({ place, benefit }: FieldsProps) {
  const { t } = useTranslation()
  const needed = [{ required: true, message: t('promo.needed') }]
  const off = (kinds?: ('percent' | 'amount' | 'price')[]) => (
    <Form.Item name={[place, 'off']} label={t('promo.gives')} rules={needed}><OffInput {...(kinds ? { kinds } : {})} /></Form.Item>
  )
  const most = <Form.Item name={[place, 'times_max']} label={t('promo.times_most')}><Whole placeholder={t('promo.no_limit')} /></Form.Item>
  const among = (
    <Form.Item name={[place, 'among']} label={t('promo.among')} initialValue="scope">
      <Select options={['scope', 'sku'].map((value) => ({ value, label: t(`promo.among_${value}`) }))} />
    </Form.Item>
  )
  switch (benefit.kind) {
    case 'percent': return (
      <>
        {off(['percent'])}
        <div className="pair">
          <Form.Item name={[place, 'cap']} label={t('promo.cap_most')}><Yuan min={1} placeholder={t('promo.no_limit')} /></Form.Item>
          <Form.Item name={[place, 'pieces_max']} label={t('promo.line_pieces_most')}><Whole placeholder={t('promo.no_limit')} /></Form.Item>
        </div>
      </>
    )
    case 'amount': return (
      <div className="pair">
        <Form.Item name={[place, 'amount']} label={t('promo.amount')} rules={needed}><Yuan min={1} /></Form.Item>
        <Form.Item name={[place, 'each']} label={t('promo.each')}><Select options={['order', 'line', 'piece'].map((value) => ({ value, label: t(`promo.each_${value}`) }))} /></Form.Item>
      </div>
    )
    case 'fixed_price': return (
      <div className="pair">
        <Form.Item name={[place, 'price']} label={t('promo.price')} rules={needed}><Yuan /></Form.Item>
        <Form.Item name={[place, 'each']} label={t('promo.price_each')}><Select options={['piece', 'order'].map((value) => ({ value, label: t(`promo.price_each_${value}`) }))} /></Form.Item>
      </div>
    )
    case 'member_price': return <Form.Item name={[place, 'prices']} label={t('promo.member_prices')} rules={needed}><PricesInput byTier /></Form.Item>
    case 'flash_price': return <Form.Item name={[place, 'prices']} label={t('promo.flash_prices')} extra={t('promo.flash_help')} rules={needed}><PricesInput /></Form.Item>
    case 'nth_piece': return (
      <>
        <div className="pair">
          <Form.Item name={[place, 'n']} label={t('promo.n')} rules={needed}><Whole max={1000} /></Form.Item>
          {among}
        </div>
        {off()}
        {most}
      </>
    )
    case 'buy_get': return (
      <>
        <div className="pair">
          <Form.Item name={[place, 'buy']} label={t('promo.buy')} rules={needed}><Whole max={1000} /></Form.Item>
          <Form.Item name={[place, 'get']} label={t('promo.get')} rules={needed}><Whole max={1000} /></Form.Item>
        </div>
        {off()}
        <Form.Item name={[place, 'get_scope', 'include', 'skus']} label={t('promo.get_skus')} extra={t('promo.get_skus_help')}><Words placeholder={t('promo.same_products')} /></Form.Item>
        <div className="pair">{among}{most}</div>
      </>
    )
    case 'bundle': return <><Parts place={place} />{off(['price', 'amount', 'percent'])}{most}</>
    case 'spend_save': return <Steps place={place} benefit={benefit} />
    case 'gift': return (
      <>
        <div className="pair">
          <Form.Item name={[place, 'sku']} label={t('promo.gift_sku')} rules={needed}><Input maxLength={128} /></Form.Item>
          <Form.Item name={[place, 'quantity']} label={t('promo.gift_quantity')} rules={needed}><Whole max={1000} /></Form.Item>
        </div>
        <div className="pair">
          <Form.Item name={[place, 'per_spend']} label={t('promo.per_spend')}><Yuan min={1} placeholder={t('promo.once')} /></Form.Item>
          {most}
        </div>
      </>
    )
    case 'shipping': return off(['percent', 'amount', 'price'])
  }
}

/** What a promotion gives: one or more benefits, each with the fields of its kind. */
export function BenefitFields({ form }: { form: FormInstance }) {
  const { t } = useTranslation()
  const benefits = (Form.useWatch('benefits', { form, preserve: true }) as Benefit[] | undefined) ?? []
  return (
    <Form.List name="benefits">
      {(fields, { add, remove }) => (
        <div className="stack" style={{ gap: 12 }}>
          {fields.map((field) => {
            const benefit = benefits[field.name]
            return (
              <div key={field.key} className={fields.length > 1 ? 'promo-benefit' : undefined}>
                <div className="row between" style={{ flexWrap: 'nowrap', alignItems: 'end' }}>
                  <Form.Item label={t('promo.kind')} style={{ flex: 1 }}>
                    <Select
                      value={benefit?.kind}
                      aria-label={t('promo.kind')}
                      options={benefitKinds.map((kind) => ({ value: kind, label: t(`promo.kind_${kind}`) }))}
                      onChange={(kind: BenefitKind) => form.setFieldValue(['benefits', field.name], blankBenefit(kind))}
                    />
                  </Form.Item>
                  {fields.length > 1 && <Button type="text" icon={<DeleteOutlined />} aria-label={t('promo.remove_benefit')} onClick={() => remove(field.name)} style={{ marginBottom: 24 }} />}
                </div>
                {benefit && <KindFields key={benefit.kind} place={field.name} benefit={benefit} />}
              </div>
            )
          })}
          {fields.length < 10 && <Button type="dashed" size="small" icon={<PlusOutlined />} onClick={() => add(blankBenefit('gift'))} style={{ alignSelf: 'flex-start' }}>{t('promo.add_benefit')}</Button>}
        </div>
      )}
    </Form.List>
  )
}
