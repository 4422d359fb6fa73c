import { InfoCircleOutlined } from '@ant-design/icons'
import { Popover } from 'antd'
import { useTranslation } from 'react-i18next'

/** The ⓘ beside a figure: what exactly it counts. Opens on hover, focus and click. */
export function Definition({ of, children }: { of: string; children: string }) {
  const { t } = useTranslation()
  return (
    <Popover
      trigger={['hover', 'focus', 'click']}
      title={of}
      content={<div className="definition">{children}</div>}
    >
      <button type="button" className="quiet-button" aria-label={t('common.definition_of', { of })}>
        <InfoCircleOutlined />
      </button>
    </Popover>
  )
}
