import { CloudUploadOutlined, CopyOutlined, DeleteOutlined, DownOutlined, EditOutlined, PlusOutlined, ReadOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Alert, App, Button, Card, Dropdown, Empty, Input, Modal, Segmented, Select, Skeleton } from 'antd'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { answer, client } from '../../api/client'
import { useWrite } from '../../api/write'
import { State, useWord, type Tone } from '../../shared/ui/Marks'
import { Page } from '../../shared/ui/Page'
import { Problem } from '../../shared/ui/Problem'
import { changeDraft, findingText, nextDocument } from '../program/draft'
import { Publish } from '../program/Publish'
import { programQuery, useTiers, type Program } from '../program/queries'
import { useCan } from '../session/rights'
import { PromotionEditor } from './Editor'
import { benefitKinds, blankBenefit, freshId, listed, promotionsOf, withoutPromotion, type BenefitKind, type Listed, type Promotion } from './promotion'
import { Preview } from './Preview'
import './promotions.css'
import { useChannels } from './queries'
import { clauses, givesText, type Names } from './sentences'

const route = getRouteApi('/promotions')
const states = ['all', 'in_force', 'coming', 'over', 'unpublished'] as const
type StateFilter = (typeof states)[number]
const toneOfState: Record<string, Tone> = { in_force: 'good', coming: 'busy', over: 'calm' }
const toneOfChange: Record<string, Tone> = { new: 'busy', changed: 'warn', removed: 'bad' }

function useNames(): Names {
  const word = useWord()
  const tiers = useTiers()
  return { tier: tiers.label, channel: (code) => word('channel', code) }
}

function nameOf(promotion: Promotion, language: string): string {
  return (language === 'zh-CN' ? promotion.name?.zh : promotion.name?.en) || promotion.name?.zh || promotion.id
}

function Row({ one, names, onEdit, onCopy, onRemove }: { one: Listed; names: Names; onEdit?: () => void; onCopy?: () => void; onRemove?: () => void }) {
  const { t, i18n } = useTranslation()
  const { promotion, state, change } = one
  const name = nameOf(promotion, i18n.language)
  return (
    <li className={change === 'removed' ? 'promo-row removed' : 'promo-row'}>
      <div className="promo-row-main">
        <div className="row" style={{ gap: 8 }}>
          {onEdit ? <button type="button" className="link-button promo-name" onClick={onEdit}>{name}</button> : <strong className="promo-name">{name}</strong>}
          <State tone={toneOfState[state] ?? 'calm'}>{t(`promo.state_${state}`)}</State>
          {change && <State tone={toneOfChange[change] ?? 'calm'}>{t(`promo.change_${change}`)}</State>}
        </div>
        <p className="promo-sentence"><strong>{givesText(t, promotion)}</strong>{t('promo.comma')}{clauses(t, promotion, names).join(t('promo.comma'))}</p>
      </div>
      <div className="promo-row-acts">
        {onEdit && <Button type="text" icon={<EditOutlined />} aria-label={t('promo.edit_of', { name })} onClick={onEdit} />}
        {onCopy && <Button type="text" icon={<CopyOutlined />} aria-label={t('promo.copy_of', { name })} onClick={onCopy} />}
        {onRemove && <Button type="text" danger icon={<DeleteOutlined />} aria-label={t('promo.remove_of', { name })} onClick={onRemove} />}
      </div>
    </li>
  )
}

function Remove({ promotion, onClose }: { promotion: Promotion; onClose: () => void }) {
  const { t, i18n } = useTranslation()
  const { message } = App.useApp()
  const remove = useWrite((id: string) => changeDraft((document) => withoutPromotion(document, id)), {
    stale: [['program']],
    onDone: () => { void message.success(t('promo.removed')); onClose() },
  })
  return (
    <Modal open title={t('promo.remove_title', { name: nameOf(promotion, i18n.language) })} okText={t('promo.remove')} okButtonProps={{ danger: true }} cancelText={t('common.cancel')} confirmLoading={remove.isPending} onOk={() => remove.mutate(promotion.id)} onCancel={onClose}>
      {remove.error && <Problem error={remove.error} />}
      <p>{t('promo.remove_help')}</p>
    </Modal>
  )
}

function Unpublished({ program, changes }: { program: Program; changes: number }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const can = useCan()
  const [isPublishing, setIsPublishing] = useState(false)
  const check = useQuery({
    queryKey: ['program', 'check', program.draft?.revision ?? null],
    queryFn: () => answer(client.POST('/api/v1/program/draft/check')),
    enabled: program.draft !== null,
  })
  if (!program.draft) return null
  const errors = check.data?.errors ?? []
  const warnings = check.data?.warnings ?? []
  return (
    <>
      <Alert
        type={errors.length > 0 ? 'error' : warnings.length > 0 ? 'warning' : 'info'}
        showIcon
        title={changes > 0 ? t('promo.draft_changes', { count: changes }) : t('promo.draft_other')}
        description={errors.length + warnings.length > 0 && (
          <ul className="plain">
            {[...errors, ...warnings].slice(0, 6).map((finding) => <li key={finding.pointer + finding.message}>{findingText(finding)}</li>)}
            {errors.length + warnings.length > 6 && <li>{t('promo.more_findings', { count: errors.length + warnings.length - 6 })}</li>}
          </ul>
        )}
        action={can('editProgram') && (
          <span className="row">
            <Link to="/program" search={{ tab: 'draft' }}><Button size="small" icon={<ReadOutlined />}>{t('promo.whole_draft')}</Button></Link>
            <Button size="small" type="primary" icon={<CloudUploadOutlined />} disabled={!check.data?.ok} onClick={() => setIsPublishing(true)}>{t('program.publish')}</Button>
          </span>
        )}
      />
      <Publish open={isPublishing} onClose={() => setIsPublishing(false)} onPublished={() => void queries.invalidateQueries({ queryKey: ['program'] })} />
    </>
  )
}

function List({ program }: { program: Program }) {
  const { t, i18n } = useTranslation()
  const can = useCan()
  const word = useWord()
  const names = useNames()
  const channels = useChannels()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [text, setText] = useState('')
  const [removing, setRemoving] = useState<Promotion | null>(null)
  const [now] = useState(() => new Date())
  const all = useMemo(() => listed(program.document, nextDocument(program), now), [program, now])
  const state: StateFilter = states.find((known) => known === search.state) ?? 'all'
  const matches = ({ promotion, state: own, change }: Listed) =>
    (state === 'all' || (state === 'unpublished' ? change !== null : own === state)) &&
    (!search.kind || promotion.benefits.some(({ kind }) => kind === search.kind)) &&
    (!search.channel || !promotion.scope?.include?.channels?.length || promotion.scope.include.channels.includes(search.channel)) &&
    (!text.trim() || `${promotion.id} ${promotion.name?.zh ?? ''} ${promotion.name?.en ?? ''} ${givesText(t, promotion)}`.toLowerCase().includes(text.trim().toLowerCase()))
  const shown = all.filter(matches)
  const mayEdit = can('editProgram')
  const counts = (value: StateFilter) => (value === 'all' ? all.length : all.filter((one) => (value === 'unpublished' ? one.change !== null : one.state === value)).length)
  const filter = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const create = (
    <Dropdown menu={{ items: benefitKinds.map((kind) => ({ key: kind, label: t(`promo.kind_${kind}`) })), onClick: ({ key }) => void navigate({ search: { new: key } }) }} trigger={['click']}>
      <Button type="primary" icon={<PlusOutlined />}>{t('promo.new')} <DownOutlined /></Button>
    </Dropdown>
  )
  return (
    <Page title={t('menu.promotions')} aside={t('promo.note')} extra={mayEdit && create}>
      <div className={can('checkout') ? 'promo-list with-cart' : 'promo-list'}>
        <div className="stack">
          <Unpublished program={program} changes={all.filter(({ change }) => change !== null).length} />
          <Card className="flush">
            <div className="row block-pad">
              <div className="promo-states"><Segmented<StateFilter> value={state} aria-label={t('promo.state')} options={states.map((value) => ({ value, label: `${t(`promo.filter_${value}`)} ${counts(value)}` }))} onChange={(next) => filter({ state: next === 'all' ? undefined : next })} /></div>
              <Select<BenefitKind> allowClear value={benefitKinds.find((kind) => kind === search.kind) ?? null} placeholder={t('promo.any_kind')} aria-label={t('promo.kind')} style={{ width: 150 }} options={benefitKinds.map((kind) => ({ value: kind, label: t(`promo.kind_${kind}`) }))} onChange={(kind: BenefitKind | undefined) => filter({ kind })} />
              <Select allowClear value={search.channel} placeholder={t('promo.any_channel')} aria-label={t('promo.field_channels')} style={{ width: 140 }} options={channels.map((channel) => ({ value: channel, label: word('channel', channel) }))} onChange={(channel: string | undefined) => filter({ channel })} />
              <Input allowClear value={text} placeholder={t('promo.find')} aria-label={t('promo.find')} onChange={(event) => setText(event.target.value)} style={{ flex: '1 1 140px', maxWidth: 240 }} />
            </div>
            {shown.length === 0 ? (
              <Empty style={{ padding: '40px 16px 56px' }} image={Empty.PRESENTED_IMAGE_SIMPLE} description={all.length === 0 ? t('promo.none_yet') : t('promo.none_match')}>
                {all.length === 0 && mayEdit && create}
              </Empty>
            ) : (
              <ul className="promo-rows" aria-label={t('menu.promotions')}>
                {shown.map((one) => (
                  <Row
                    key={one.promotion.id}
                    one={one}
                    names={names}
                    {...(mayEdit && one.change !== 'removed' ? {
                      onEdit: () => void navigate({ search: { edit: one.promotion.id } }),
                      onCopy: () => void navigate({ search: { copy: one.promotion.id } }),
                      onRemove: () => setRemoving(one.promotion),
                    } : {})}
                  />
                ))}
              </ul>
            )}
          </Card>
        </div>
        {can('checkout') && <div className="promo-side"><Preview key={i18n.language} promotions={promotionsOf(program.document)} /></div>}
      </div>
      {removing && <Remove promotion={removing} onClose={() => setRemoving(null)} />}
    </Page>
  )
}

function initialOf(document: unknown, search: { edit?: string; copy?: string; new?: string }, copied: (name: string) => string): { promotion: Promotion; isNew: boolean } | null {
  const all = promotionsOf(document)
  if (search.edit) {
    const known = all.find(({ id }) => id === search.edit)
    return known ? { promotion: known, isNew: false } : null
  }
  if (search.copy) {
    const known = all.find(({ id }) => id === search.copy)
    if (!known) return null
    const name = known.name?.zh ? { ...known.name, zh: copied(known.name.zh) } : known.name
    return { promotion: { ...known, ...(name ? { name } : {}), id: freshId(known.id, new Set(all.map(({ id }) => id))) }, isNew: true }
  }
  const kind = benefitKinds.find((one) => one === search.new)
  return kind ? { promotion: { benefits: [blankBenefit(kind)] } as unknown as Promotion, isNew: true } : null
}

/** Promotions as sentences, their form, and a cart to try them on. */
export function PromotionsPage() {
  const { t } = useTranslation()
  const can = useCan()
  const names = useNames()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery(programQuery)
  const program = query.data
  if (query.error && !program) return <Page title={t('menu.promotions')}><Problem error={query.error} retry={() => void query.refetch()} /></Page>
  if (!program) return <Page title={t('menu.promotions')}><Card><Skeleton active paragraph={{ rows: 8 }} /></Card></Page>
  const document = nextDocument(program)
  const edited = can('editProgram') ? initialOf(document, search, (name) => t('promo.copied', { name })) : null
  if (!edited) return <List program={program} />
  return (
    <PromotionEditor
      key={search.edit ?? search.copy ?? search.new}
      initial={edited.promotion}
      isNew={edited.isNew}
      document={document}
      inForce={program.document}
      names={names}
      onClose={() => void navigate({ search: {} })}
    />
  )
}
