import { Card, Tag } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { count, money } from '../../shared/format'
import { useWord } from '../../shared/ui/Marks'
import { TierMark } from '../../shared/ui/Marks'
import { giftText } from '../cards/sentences'
import { readProgram, type ProgramDocument, type TierBenefits } from './document'
import { conditionText, expiryText, factorText, maturityText, percentText, rateText, windowText } from './sentences'

function Condition({ when, program }: { when: string; program: ProgramDocument }) {
  const { t, i18n } = useTranslation()
  const word = useWord()
  const tier = (id: string) => {
    const rung = program.tiers.ladder.find((known) => known.id === id)
    return rung ? (i18n.language === 'zh-CN' ? rung.name.zh : rung.name.en) : id
  }
  const said = conditionText(t, when, { tier, channel: (code) => word('channel', code) })
  return said ? <>{said}</> : <>{t('sentence.when')} <code className="cel">{when}</code></>
}

function Block({ title, children }: { title: string; children: ReactNode }) {
  return <Card title={<h2 className="card-title">{title}</h2>}>{children}</Card>
}

function Earning({ program }: { program: ProgramDocument }) {
  const { t } = useTranslation()
  const { rules, multipliers, stacking, rounding, caps } = program.earn
  const capped = (['order', 'member_day', 'member_month'] as const).filter((name) => caps[name] !== null)
  return (
    <Block title={t('program.earning')}>
      <p className="muted">{t('program.rules_help')}</p>
      <ol className="rules">
        {rules.map((rule) => (
          <li key={rule.id}>
            <Tag variant="filled">{rule.id}</Tag> <Condition when={rule.when} program={program} />{t('sentence.comma')}<strong>{rateText(t, rule.rate)}</strong>
          </li>
        ))}
      </ol>
      {multipliers.length > 0 && (
        <>
          <p className="muted">{t('program.multipliers_help', { stacking: t(`stacking.${stacking}`) })}</p>
          <ol className="rules">
            {multipliers.map((multiplier) => (
              <li key={multiplier.id}>
                <Tag variant="filled">{multiplier.id}</Tag> <Condition when={multiplier.when} program={program} />{t('sentence.comma')}
                <strong>{t('sentence.points_times', { factor: factorText(multiplier.factor) })}</strong>
                {windowText(t, multiplier.from, multiplier.until) && <> · {windowText(t, multiplier.from, multiplier.until)}</>}
                {multiplier.exclusive && <> · {t('sentence.exclusive')}</>}
                {multiplier.budget !== null && <> · {t('sentence.budget', { points: count(multiplier.budget) })}</>}
              </li>
            ))}
          </ol>
        </>
      )}
      <ul className="plain">
        <li>{t('program.rounding', { rounding: t(`rounding.${rounding}`) })}</li>
        <li>{capped.length === 0 ? t('program.no_caps') : capped.map((name) => t(`program.cap_${name}`, { points: count(caps[name] ?? 0) })).join(t('sentence.semicolon'))}</li>
        {program.awards.filter((award) => award.points > 0).map((award) => (
          <li key={award.name}>{t(`program.award_${award.name}`, { points: count(award.points), defaultValue: `${award.name}: ${award.points}` })}</li>
        ))}
      </ul>
    </Block>
  )
}

function Life({ program }: { program: ProgramDocument }) {
  const { t } = useTranslation()
  const { spend } = program
  return (
    <Block title={t('program.life')}>
      <ul className="plain">
        <li>{maturityText(t, program.maturity)}</li>
        <li>{expiryText(t, program.expiry)}</li>
        {spend && <li>{t('program.spend', { points: count(spend.points), amount: money(spend.amount), step: count(spend.step), min: count(spend.min) })}</li>}
        {spend?.max_share && <li>{t('program.max_share', { share: percentText(spend.max_share) })}</li>}
        <li>{t(`program.shortfall_${program.shortfall}`, { defaultValue: program.shortfall })}</li>
        <li>{t('program.restore', { days: program.restoreGraceDays })}</li>
      </ul>
    </Block>
  )
}

/** What a tier gives, in a few words. */
function TierGives({ benefits }: { benefits: TierBenefits | undefined }) {
  const { t } = useTranslation()
  const said = [
    benefits?.birthday ? t('card.on_birthday', { gift: giftText(t, benefits.birthday) }) : null,
    benefits?.upgrade ? t('card.on_upgrade', { gift: giftText(t, benefits.upgrade) }) : null,
    benefits?.monthly ? t('card.monthly', { gift: giftText(t, benefits.monthly) }) : null,
  ].filter((one) => one !== null)
  return said.length === 0 ? null : <span className="rung-gives muted">{said.join(t('promo.comma'))}</span>
}

function Ladder({ program }: { program: ProgramDocument }) {
  const { t, i18n } = useTranslation()
  const { tiers, growth } = program
  return (
    <Block title={t('program.tiers')}>
      <ol className="rungs">
        {tiers.ladder.map((rung, place) => (
          <li key={rung.id}>
            <TierMark name={i18n.language === 'zh-CN' ? rung.name.zh : rung.name.en} place={place} />
            <span className="figure">{t('program.rung_from', { growth: count(rung.from) })}</span>
            <TierGives benefits={rung.benefits} />
            <span className="muted">{rung.keep === null ? t('program.rung_kept') : t('program.rung_keep', { growth: count(rung.keep) })}</span>
          </li>
        ))}
      </ol>
      <ul className="plain">
        {growth.rules.map((rule) => (
          <li key={rule.id}>
            <Condition when={rule.when} program={program} />{t('sentence.comma')}{t('sentence.growth_rate', { points: count(rule.rate.points), per: money(rule.rate.per) })}
          </li>
        ))}
        <li>{t(`program.window_${tiers.window.kind}`, { months: tiers.window.months, defaultValue: tiers.window.kind })}</li>
        <li>{t(tiers.graceDays === 0 ? 'program.period' : 'program.period_grace', { months: tiers.periodMonths, grace: tiers.graceDays })}</li>
        <li>{t(`program.downgrade_${tiers.downgrade}`, { defaultValue: tiers.downgrade })}</li>
      </ul>
    </Block>
  )
}

/** The rules of a program as sentences a shop assistant can read. */
export function Rules({ document }: { document: unknown }) {
  const program = readProgram(document)
  return (
    <div className="stack">
      <Earning program={program} />
      <div className="grid-half"><Life program={program} /><Ladder program={program} /></div>
    </div>
  )
}
