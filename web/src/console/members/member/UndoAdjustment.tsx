import { App, Checkbox } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { answer, client, type Schemas } from '../../../api/client'
import { useWrite } from '../../../api/write'
import { signed } from '../../../shared/format'
import { ReasonModal } from '../../../shared/ui/ReasonModal'
import { memberKey, type Entry } from '../queries'

/** Takes an adjustment back, with a reason; beyond the caller's limit it waits for somebody else's word. */
export function UndoAdjustment({ entry, member, onClose }: { entry: Entry; member: string; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [isOpen, setIsOpen] = useState(true)
  const [allowsDebt, setAllowsDebt] = useState(false)
  const undo = useWrite(
    (body: Schemas['UndoBody'], key) =>
      answer(client.POST('/api/v1/points/entries/{id}/undo', { params: { path: { id: entry.entry_id }, header: { 'Idempotency-Key': key } }, body })),
    {
      stale: [memberKey(member), ['adjustments']],
      onDone: (done) => {
        if ('adjustment_id' in done) void message.info(t('adjustments.waits'), 6)
        else void message.success(t('adjustments.undone'))
        setIsOpen(false)
      },
    },
  )
  return (
    <ReasonModal
      open={isOpen}
      title={t('adjustments.undo_title', { points: signed(entry.points) })}
      help={t('adjustments.undo_help')}
      okText={t('adjustments.undo')}
      isDanger
      isPending={undo.isPending}
      error={undo.error}
      onClose={() => setIsOpen(false)}
      afterClose={onClose}
      onReason={(reason) => undo.mutate({ reason, ...(allowsDebt ? { allow_debt: true } : {}) })}
    >
      {entry.points > 0 && <Checkbox checked={allowsDebt} onChange={(event) => setAllowsDebt(event.target.checked)}>{t('adjust.debt')}</Checkbox>}
    </ReasonModal>
  )
}
