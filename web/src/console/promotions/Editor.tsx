import { ArrowLeftOutlined, SaveOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, App, AutoComplete, Button, Card, Checkbox, Collapse, Form, Input, InputNumber, Select, type FormInstance } from 'antd'
import { useMemo, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemError } from '../../api/client'
import { useWrite } from '../../api/write'
import { Moment, Whole, Yuan } from '../../shared/ui/inputs'
import { useWord } from '../../shared/ui/Marks'
import { Page } from '../../shared/ui/Page'
import { Problem } from '../../shared/ui/Problem'
import { BenefitFields, Words } from './BenefitFields'
import { changeDraft, fieldOf, findingText, tree, withoutBlanks, type Finding } from '../program/draft'
import { AudienceInput, HoursInput } from './controls'
import { channelsQuery } from './queries'
import { freshId, groupsOf, promotionsOf, putPromotion, type Promotion } from './promotion'
import { Preview } from './Preview'
import { clauses, givesText, type Names } from './sentences'

type Fields = Promotion

const weekdays = [1, 2, 3, 4, 5, 6, 7]
const monthDays = [...Array.from({ length: 31 }, (_, day) => day + 1), -1]

function Where({ channels }: { channels: string[] }) {
  const { t } = useTranslation()
  const word = useWord()
  const options = channels.map((channel) => ({ value: channel, label: word('channel', channel) }))
  return (
    <>
      <div className="pair">
        <Form.Item name={['scope', 'include', 'channels']} label={t('promo.field_channels')}><Select mode="multiple" placeholder={t('promo.everywhere')} options={options} /></Form.Item>
        <Form.Item name={['scope', 'include', 'stores']} label={t('promo.field_stores')}><Words placeholder={t('promo.everywhere')} /></Form.Item>
      </div>
      <div className="pair">
        <Form.Item name={['scope', 'include', 'categories']} label={t('promo.field_categories')} extra={t('promo.categories_help')}><Words placeholder={t('promo.everything')} /></Form.Item>
        <Form.Item name={['scope', 'include', 'skus']} label={t('promo.field_skus')}><Words placeholder={t('promo.everything')} /></Form.Item>
      </div>
      <div className="pair">
        <Form.Item name={['scope', 'exclude', 'categories']} label={t('promo.field_not_categories')}><Words placeholder={t('promo.nothing')} /></Form.Item>
        <Form.Item name={['scope', 'exclude', 'skus']} label={t('promo.field_not_skus')}><Words placeholder={t('promo.nothing')} /></Form.Item>
      </div>
    </>
  )
}

function When() {
  const { t } = useTranslation()
  return (
    <>
      <div className="pair">
        <Form.Item name="from" label={t('promo.field_from')}><Moment placeholder={t('promo.at_once')} /></Form.Item>
        <Form.Item name="until" label={t('promo.field_until')} extra={t('promo.until_help')}><Moment isEnd placeholder={t('promo.for_ever')} /></Form.Item>
      </div>
      <div className="pair">
        <Form.Item name={['schedule', 'weekdays']} label={t('promo.field_weekdays')}>
          <Select mode="multiple" placeholder={t('promo.every_day')} options={weekdays.map((day) => ({ value: day, label: t(`weekday.${day}`) }))} />
        </Form.Item>
        <Form.Item name={['schedule', 'month_days']} label={t('promo.field_month_days')}>
          <Select mode="multiple" placeholder={t('promo.every_day')} options={monthDays.map((day) => ({ value: day, label: day === -1 ? t('promo.last_day') : t('promo.day', { day }) }))} />
        </Form.Item>
      </div>
      <Form.Item name={['schedule', 'hours']} label={t('promo.field_hours')}><HoursInput /></Form.Item>
    </>
  )
}

function Limits() {
  const { t } = useTranslation()
  const free = t('promo.no_limit')
  return (
    <>
      <div className="pair">
        <Form.Item name={['budget', 'money']} label={t('promo.field_money')} extra={t('promo.money_help')}><Yuan placeholder={free} /></Form.Item>
        <Form.Item name={['budget', 'uses']} label={t('promo.field_uses')}><Whole placeholder={free} /></Form.Item>
      </div>
      <div className="triple">
        <Form.Item name={['quota', 'member_uses']} label={t('promo.field_member_uses')}><Whole placeholder={free} /></Form.Item>
        <Form.Item name={['quota', 'member_pieces']} label={t('promo.field_member_pieces')}><Whole placeholder={free} /></Form.Item>
        <Form.Item name={['quota', 'pieces']} label={t('promo.field_pieces')}><Whole placeholder={free} /></Form.Item>
      </div>
    </>
  )
}

function Stacking({ groups }: { groups: string[] }) {
  const { t } = useTranslation()
  return (
    <>
      <div className="pair">
        <Form.Item name="group" label={t('promo.field_group')} extra={t('promo.group_help')}>
          <AutoComplete allowClear placeholder={t('promo.no_group')} options={groups.map((value) => ({ value }))} />
        </Form.Item>
        <Form.Item name="priority" label={t('promo.field_priority')} extra={t('promo.priority_help')}>
          <InputNumber<number> min={-1_000_000} max={1_000_000} precision={0} placeholder="0" style={{ width: '100%' }} />
        </Form.Item>
      </div>
      <div className="row promo-stacking" style={{ gap: 24 }}>
        <Form.Item name="with_coupons" valuePropName="checked" initialValue noStyle><Checkbox>{t('promo.field_with_coupons')}</Checkbox></Form.Item>
        <Form.Item name="exclusive" valuePropName="checked" noStyle><Checkbox>{t('promo.field_exclusive')}</Checkbox></Form.Item>
      </div>
    </>
  )
}

/** Puts what the server found at its fields; what has no field here is returned. */
function showAtFields(form: FormInstance<Fields>, findings: Finding[], place: number): Finding[] {
  const prefix = `/promotions/list/${place}`
  const others: Finding[] = []
  const known = new Set(form.getFieldsError().map(({ name }) => name.join('/')))
  // What is wrong within a value is shown at the field that holds it.
  const nearest = (name: (string | number)[]): (string | number)[] | null => (name.length === 0 ? null : known.has(name.join('/')) ? name : nearest(name.slice(0, -1)))
  const marks = new Map<string, { name: (string | number)[]; errors: string[]; warnings: string[] }>()
  for (const finding of findings) {
    const name = nearest(fieldOf(finding.pointer, prefix) ?? [])
    if (!name) {
      others.push(finding)
      continue
    }
    const key = name.join('/')
    const mark = marks.get(key) ?? { name, errors: [], warnings: [] }
    mark[finding.severity === 'error' ? 'errors' : 'warnings'].push(findingText(finding))
    marks.set(key, mark)
  }
  form.setFields([...marks.values()].map(({ name, errors, warnings }) => ({ name: name as never, errors, warnings })))
  const [first] = marks.values()
  if (first) form.scrollToField(first.name as never, { block: 'center' })
  return others
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return <Card title={<h2 className="card-title">{title}</h2>}>{children}</Card>
}

interface EditorProps {
  initial: Promotion
  isNew: boolean
  /** The document of the next version. */
  document: unknown
  /** The document in force, which prices the preview. */
  inForce: unknown
  names: Names
  onClose: () => void
}

/** One promotion as a form, beside a cart priced by the rules in force. */
export function PromotionEditor({ initial, isNew, document, inForce, names, onClose }: EditorProps) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const queries = useQueryClient()
  const [form] = Form.useForm<Fields>()
  const [others, setOthers] = useState<Finding[]>([])
  const [isSound, setIsSound] = useState(false)
  // A new one that was saved once is the same one the next time.
  const [savedId, setSavedId] = useState(isNew ? null : initial.id)
  const channels = useQuery(channelsQuery).data?.items.map(({ channel }) => channel) ?? []
  const groups = useMemo(() => groupsOf(document), [document])
  const values = (Form.useWatch([], { form, preserve: true }) as Fields | undefined) ?? initial
  const taken = useMemo(() => new Set(promotionsOf(document).map(({ id }) => id)), [document])

  const save = useWrite(
    async (fields: Fields) => {
      const said = withoutBlanks({ ...fields, audience: fields.audience?.trim() }) as Promotion
      let place = 0
      let id = savedId ?? ''
      try {
        const changed = await changeDraft((before) => {
          id = savedId ?? freshId(said.id ?? said.name?.en ?? '', new Set(promotionsOf(before).map((one) => one.id)))
          const put = putPromotion(before, { ...said, id, benefits: said.benefits ?? [] })
          place = put.place
          return put.document
        })
        return { findings: changed.findings, place, id }
      } catch (error) {
        if (!(error instanceof ProblemError) || error.fields.length === 0) throw error
        return { findings: error.fields.map((field): Finding => ({ ...field, code: error.code, severity: 'error' })), place, id: null }
      }
    },
    {
      stale: [['program']],
      onDone: ({ findings, place, id }) => {
        const own = findings.filter((finding) => finding.pointer.startsWith(`/promotions/list/${place}`))
        const left = showAtFields(form, own, place)
        setOthers([...left, ...findings.filter((finding) => !own.includes(finding))])
        setIsSound(!findings.some((finding) => finding.severity === 'error'))
        if (id === null) return
        setSavedId(id)
        form.setFieldValue('id', id)
        if (own.length === 0) {
          void message.success(t(findings.length === 0 ? 'promo.saved' : 'promo.saved_others'))
          onClose()
        } else if (!own.some((finding) => finding.severity === 'error')) {
          void message.warning(t('promo.saved_with_warnings'))
          void queries.invalidateQueries({ queryKey: ['program'] })
        }
      },
    },
  )

  return (
    <Page
      title={isNew ? t('promo.new') : (initial.name?.zh ?? initial.id)}
      aside={t('promo.into_draft')}
      extra={
        <>
          <Button icon={<ArrowLeftOutlined />} onClick={onClose}>{t('promo.back')}</Button>
          <Button type="primary" icon={<SaveOutlined />} loading={save.isPending} onClick={() => form.submit()}>{t('promo.save')}</Button>
        </>
      }
    >
      <div className="promo-editor">
        <Form
          form={form}
          layout="vertical"
          requiredMark={false}
          scrollToFirstError={{ block: 'center' }}
          initialValues={initial}
          onValuesChange={() => setIsSound(false)}
          onFinish={() => save.mutate(form.getFieldsValue(true) as Fields)}
        >
          <div className="stack">
            {save.error && <Problem error={save.error} />}
            {others.length > 0 && (
              <Alert
                type={others.some((finding) => finding.severity === 'error') ? 'error' : 'warning'}
                showIcon
                title={t(isSound ? 'promo.found_warnings' : 'promo.found')}
                description={<ul className="plain">{others.map((finding) => <li key={finding.pointer + finding.message}>{findingText(finding)} <span className="mono muted">{finding.pointer}</span></li>)}</ul>}
              />
            )}
            <div className="promo-says" aria-live="polite">
              <strong>{givesText(t, { ...values, benefits: values.benefits ?? [] })}</strong>
              <span>{clauses(t, { ...values, benefits: values.benefits ?? [] }, names).join(t('promo.comma'))}</span>
            </div>
            <Section title={t('promo.section_name')}>
              <div className="triple">
                <Form.Item name={['name', 'zh']} label={t('promo.name_zh')} rules={[{ required: true, whitespace: true, message: t('promo.needed') }]}><Input maxLength={100} placeholder={t('promo.name_example')} /></Form.Item>
                <Form.Item name={['name', 'en']} label={t('promo.name_en')}><Input maxLength={100} /></Form.Item>
                <Form.Item
                  name="id"
                  label={t('promo.id')}
                  extra={t(savedId === null ? 'promo.id_help' : 'promo.id_fixed')}
                  rules={[
                    { pattern: /^[\w.-]{1,64}$/, message: t('promo.id_shape') },
                    { validator: (_, id: string | undefined) => (savedId === null && id && taken.has(id) ? Promise.reject(new Error(t('promo.id_taken'))) : Promise.resolve()) },
                  ]}
                >
                  <Input maxLength={64} disabled={savedId !== null} className="mono" placeholder={t('promo.id_made')} />
                </Form.Item>
              </div>
            </Section>
            <Section title={t('promo.section_gives')}>
              <BenefitFields form={form} />
              <div className="pair" style={{ marginTop: 16 }}>
                <Form.Item name={['needs', 'spend']} label={t('promo.field_spend')}><Yuan min={1} placeholder={t('promo.no_threshold')} /></Form.Item>
                <Form.Item name={['needs', 'pieces']} label={t('promo.field_needs_pieces')}><Whole placeholder={t('promo.no_threshold')} /></Form.Item>
              </div>
            </Section>
            <Section title={t('promo.section_where')}><Where channels={channels} /></Section>
            <Section title={t('promo.section_when')}><When /></Section>
            <Section title={t('promo.section_who')}>
              <Form.Item name="audience" label={t('promo.field_audience')}><AudienceInput /></Form.Item>
            </Section>
            <Section title={t('promo.section_stacking')}><Stacking groups={groups} /></Section>
            <Collapse
              ghost={false}
              defaultActiveKey={tree(initial.budget)['money'] || tree(initial.quota)['member_uses'] ? ['limits'] : []}
              items={[{ key: 'limits', label: <h2 className="card-title">{t('promo.section_limits')}</h2>, children: <Limits />, forceRender: true }]}
            />
          </div>
        </Form>
        <div className="promo-side"><Preview promotions={promotionsOf(inForce)} about={initial} /></div>
      </div>
    </Page>
  )
}
