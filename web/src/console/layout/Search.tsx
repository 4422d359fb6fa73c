import { SearchOutlined } from '@ant-design/icons'
import { useNavigate } from '@tanstack/react-router'
import { Input, type InputRef } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { searchMembers } from '../members/queries'
import { setSearchText } from '../members/searchText'

/** Finds a member from anywhere: one hit opens the member, else the list shows what was found. */
export function Search() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const input = useRef<InputRef>(null)
  const [text, setText] = useState('')

  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey)) {
        event.preventDefault()
        input.current?.focus()
      }
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])

  const find = async () => {
    const wanted = text.trim()
    if (!wanted) return
    setSearchText(wanted)
    const found = await searchMembers({ text: wanted, limit: 2 }).catch(() => null)
    const [only, another] = found?.items ?? []
    if (only && !another) {
      setText('')
      await navigate({ to: '/members/$id', params: { id: only.member_id } })
    } else {
      await navigate({ to: '/members' })
    }
  }

  return (
    <div role="search" className="search">
      <Input
        ref={input}
        value={text}
        variant="filled"
        allowClear
        autoComplete="off"
        name="member-search"
        prefix={<SearchOutlined />}
        suffix={text ? null : <kbd aria-hidden="true">{navigator.platform.startsWith('Mac') ? '⌘K' : 'Ctrl K'}</kbd>}
        placeholder={t('layout.search')}
        aria-label={t('layout.search')}
        onChange={(event) => setText(event.target.value)}
        onPressEnter={() => void find()}
      />
    </div>
  )
}
