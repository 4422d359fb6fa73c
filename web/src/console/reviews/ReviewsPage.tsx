import { getRouteApi } from '@tanstack/react-router'
import { Button, Card, Empty, Segmented, Skeleton } from 'antd'
import { useTranslation } from 'react-i18next'
import { Page } from '../../shared/ui/Page'
import { Problem } from '../../shared/ui/Problem'
import { State, useWord, When } from '../../shared/ui/Marks'
import { usePages } from '../../shared/ui/usePages'
import { loadReviews, type Review } from './queries'
import { ReviewDetail } from './ReviewDetail'
import './reviews.css'

const route = getRouteApi('/reviews')
const states = ['open', 'decided'] as const

/** The queue of identity conflicts: the list on the left, the two sides and the decision on the right. */
export function ReviewsPage() {
  const { t } = useTranslation()
  const word = useWord()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const state = states.find((known) => known === search.state) ?? 'open'
  const pages = usePages<Review>(['reviews', state], (cursor) => loadReviews(state, cursor))
  const chosen = pages.rows?.find((review) => review.review_id === search.review) ?? pages.rows?.[0]

  return (
    <Page
      title={t('menu.reviews')}
      aside={t('review.note')}
      extra={
        <Segmented
          value={state}
          aria-label={t('review.state')}
          options={states.map((value) => ({ value, label: t(`review.state_${value}`) }))}
          onChange={(next) => void navigate({ search: { state: next === 'open' ? undefined : next } })}
        />
      }
    >
      {pages.error ? <Problem error={pages.error} retry={pages.again} /> : pages.isLoading ? <Card><Skeleton active paragraph={{ rows: 8 }} /></Card> : !chosen ? (
        <Card><Empty description={t(state === 'open' ? 'review.none_open' : 'review.none_decided')} /></Card>
      ) : (
        <div className="reviews">
          <div>
            <ul className="review-list" aria-label={t('review.queue')}>
              {pages.rows?.map((review) => (
                <li key={review.review_id}>
                  <button
                    type="button"
                    aria-current={review === chosen}
                    onClick={() => void navigate({ search: (old) => ({ ...old, review: review.review_id }) })}
                  >
                    <span className="row between">
                      <strong>{word('review_cause', review.kind)}</strong>
                      {review.decision && <State tone="calm">{word('decision', review.decision)}</State>}
                    </span>
                    <span className="mono">{[review.member_id, review.other_id].filter(Boolean).join(' ↔ ') || '—'}</span>
                    <span className="muted"><When at={review.opened_at} /></span>
                  </button>
                </li>
              ))}
            </ul>
            {pages.hasMore && <Button block onClick={pages.more} loading={pages.isLoadingMore} style={{ marginTop: 8 }}>{t('common.more')}</Button>}
          </div>
          <ReviewDetail key={chosen.review_id} review={chosen} />
        </div>
      )}
    </Page>
  )
}
