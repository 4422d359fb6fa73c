import { PlusOutlined, SearchOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { App, Button, Card, Drawer, Empty, Input, Popconfirm, Skeleton, Tabs } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../api/write'
import { count, money } from '../../shared/format'
import { DataTable } from '../../shared/ui/DataTable'
import { Day, State, useWord } from '../../shared/ui/Marks'
import { Page } from '../../shared/ui/Page'
import { Problem } from '../../shared/ui/Problem'
import { Used } from '../../shared/ui/Used'
import { usePages } from '../../shared/ui/usePages'
import { useTiers } from '../program/queries'
import '../promotions/promotions.css'
import type { Names } from '../promotions/sentences'
import { useCan } from '../session/rights'
import { Batches } from './Batches'
import { CouponCard } from './CouponCard'
import { Issue } from './Issue'
import { changeTemplate, loadTemplates, lookUp, type TemplateShown } from './queries'
import { couponClauses, effectText } from './sentences'
import { TemplateForm } from './TemplateForm'

const route = getRouteApi('/coupons')

function useNames(): Names {
  const word = useWord()
  const tiers = useTiers()
  return { tier: tiers.label, channel: (code) => word('channel', code) }
}

function useTitle() {
  const { i18n } = useTranslation()
  return ({ template, template_id }: TemplateShown) => (i18n.language === 'zh-CN' ? template.name.zh : template.name.en) || template.name.zh || template_id
}

function Sentence({ shown }: { shown: TemplateShown }) {
  const { t } = useTranslation()
  const names = useNames()
  return <><strong>{effectText(t, shown.template)}</strong>{t('promo.comma')}{couponClauses(t, shown.template, names).join(t('promo.comma'))}</>
}

function Detail({ shown, onClose }: { shown: TemplateShown; onClose: () => void }) {
  const { t } = useTranslation()
  const can = useCan()
  const title = useTitle()
  const { message } = App.useApp()
  const [open, setOpen] = useState<'issue' | 'edit' | null>(null)
  const pause = useWrite((paused: boolean) => changeTemplate(shown.template_id, { paused }), {
    stale: [['coupon-templates']],
    onDone: (_, paused) => void message.success(t(paused ? 'coupon.paused_done' : 'coupon.resumed_done')),
  })
  return (
    <Drawer open onClose={onClose} size={720} title={<span className="row" style={{ gap: 8 }}>{title(shown)} <State tone={shown.paused ? 'warn' : 'good'}>{t(shown.paused ? 'coupon.is_paused' : 'coupon.is_active')}</State></span>}>
      <div className="stack">
        <p className="promo-sentence" style={{ margin: 0 }}><Sentence shown={shown} /></p>
        <div className="row">
          {can('issueCoupons') && <Button type="primary" disabled={shown.paused} onClick={() => setOpen('issue')}>{t('coupon.issue')}</Button>}
          {can('editProgram') && <Button onClick={() => setOpen('edit')}>{t('coupon.edit')}</Button>}
          {can('editProgram') && (
            <Popconfirm title={t(shown.paused ? 'coupon.resume_question' : 'coupon.pause_question')} okText={t(shown.paused ? 'coupon.resume' : 'coupon.pause')} cancelText={t('common.cancel')} onConfirm={() => pause.mutate(!shown.paused)}>
              <Button loading={pause.isPending}>{t(shown.paused ? 'coupon.resume' : 'coupon.pause')}</Button>
            </Popconfirm>
          )}
        </div>
        {pause.error && <Problem error={pause.error} />}
        <dl className="facts" style={{ margin: 0 }}>
          <div><dt>{t('coupon.issued')}</dt><dd><Used label={t('coupon.issued')} used={shown.issued} of={shown.template.stock} text={count} /></dd></div>
          <div><dt>{t('coupon.discounted')}</dt><dd><Used label={t('coupon.discounted')} used={shown.discounted} of={shown.template.budget} text={money} /></dd></div>
          <div><dt>{t('coupon.created')}</dt><dd><Day at={shown.created_at} /></dd></div>
          <div><dt>{t('coupon.version')}</dt><dd>v{shown.version} · <Day at={shown.updated_at} /></dd></div>
        </dl>
        <Batches shown={shown} />
      </div>
      <Issue template={shown.template_id} open={open === 'issue'} onClose={() => setOpen(null)} />
      <TemplateForm template={shown} open={open === 'edit'} onClose={() => setOpen(null)} />
    </Drawer>
  )
}

function Templates() {
  const { t } = useTranslation()
  const title = useTitle()
  const { template } = route.useSearch()
  const navigate = route.useNavigate()
  const pages = usePages<TemplateShown>(['coupon-templates', 'list'], loadTemplates)
  const chosen = pages.rows?.find((one) => one.template_id === template)
  const open = (id: string | undefined) => void navigate({ search: (old) => ({ ...old, template: id }) })
  return (
    <Card className="flush">
      <DataTable<TemplateShown>
        label={t('coupon.tab_templates')}
        pages={pages}
        rowKey="template_id"
        empty={t('coupon.none_yet')}
        onRow={(row) => ({ onClick: () => open(row.template_id), style: { cursor: 'pointer' } })}
        columns={[
          {
            title: t('coupon.template'),
            className: 'wrap coupon-cell',
            render: (_, row) => (
              <>
                <button type="button" className="link-button promo-name" onClick={(event) => { event.stopPropagation(); open(row.template_id) }}>{title(row)}</button>
                <p className="promo-sentence"><Sentence shown={row} /></p>
              </>
            ),
          },
          { title: t('promo.state'), render: (_, row) => <State tone={row.paused ? 'warn' : 'good'}>{t(row.paused ? 'coupon.is_paused' : 'coupon.is_active')}</State> },
          { title: t('coupon.issued'), render: (_, row) => <Used label={t('coupon.issued')} used={row.issued} of={row.template.stock} text={count} /> },
          { title: t('coupon.discounted'), render: (_, row) => <Used label={t('coupon.discounted')} used={row.discounted} of={row.template.budget} text={money} /> },
          { title: t('coupon.updated'), dataIndex: 'updated_at', render: (at: string) => <Day at={at} /> },
        ]}
      />
      {chosen && <Detail shown={chosen} onClose={() => open(undefined)} />}
    </Card>
  )
}

function LookUp() {
  const { t } = useTranslation()
  const find = useMutation({ mutationFn: lookUp })
  return (
    <Card>
      <div className="stack" style={{ maxWidth: 720 }}>
        <Input.Search
          size="large"
          autoComplete="off"
          prefix={<SearchOutlined />}
          placeholder={t('coupon.code_example')}
          aria-label={t('coupon.find_code')}
          enterButton={t('coupon.find')}
          loading={find.isPending}
          onSearch={(code) => code.trim() && find.mutate(code.trim())}
        />
        <span className="muted">{t('coupon.code_help')}</span>
        <div aria-live="polite">
          {find.isPending ? <Skeleton active /> : find.error ? <Problem error={find.error} /> : find.data
            ? <CouponCard key={find.data.coupon_id + find.data.state} coupon={find.data} onChanged={() => find.mutate(find.variables ?? '')} />
            : <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('coupon.code_none')} />}
        </div>
      </div>
    </Card>
  )
}

/** Templates of coupons as sentences, and any code with its history. */
export function CouponsPage() {
  const { t } = useTranslation()
  const can = useCan()
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const [isNew, setIsNew] = useState(false)
  return (
    <Page
      title={t('menu.coupons')}
      aside={t('coupon.note')}
      extra={can('editProgram') && <Button type="primary" icon={<PlusOutlined />} onClick={() => setIsNew(true)}>{t('coupon.new')}</Button>}
    >
      <Tabs
        activeKey={tab ?? 'templates'}
        destroyOnHidden
        onChange={(key) => void navigate({ search: { tab: key === 'templates' ? undefined : key } })}
        items={[
          { key: 'templates', label: t('coupon.tab_templates'), children: <Templates /> },
          { key: 'code', label: t('coupon.tab_code'), children: <LookUp /> },
        ]}
      />
      <TemplateForm template={null} open={isNew} onClose={() => setIsNew(false)} />
    </Page>
  )
}
