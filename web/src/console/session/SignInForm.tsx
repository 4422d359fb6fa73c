import { LockOutlined, SafetyOutlined, UserOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Form, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemError, type Schemas } from '../../api/client'
import { useProblemText } from '../../shared/ui/Problem'
import { sessionQuery, setExpired, signIn } from './session'

function asksForCode(error: unknown): boolean {
  return error instanceof ProblemError && error.code === 'sign_in.code_needed'
}

/** Name and password; the one-time code as a second step when the server asks for it. */
export function SignInForm({ name }: { name?: string }) {
  const { t } = useTranslation()
  const text = useProblemText()
  const queries = useQueryClient()
  const [needsCode, setNeedsCode] = useState(false)

  const attempt = useMutation({
    mutationFn: signIn,
    onSuccess: (session) => {
      queries.setQueryData(sessionQuery.queryKey, session)
      setExpired(false)
      void queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'session' })
    },
    onError: (error) => {
      if (asksForCode(error)) setNeedsCode(true)
    },
  })
  const refused = asksForCode(attempt.error) ? null : attempt.error

  return (
    <Form<Schemas['SignInBody']>
      layout="vertical"
      size="large"
      requiredMark={false}
      initialValues={{ name }}
      onFinish={(values) => attempt.mutate(values)}
    >
      {refused && <Alert type="error" showIcon role="alert" title={text(refused)} style={{ marginBottom: 16 }} />}
      <div hidden={needsCode}>
        <Form.Item name="name" label={t('session.name')} rules={[{ required: true, message: t('session.name_missing') }]}>
          <Input prefix={<UserOutlined />} autoComplete="username" autoFocus={!name} disabled={name !== undefined} />
        </Form.Item>
        <Form.Item name="password" label={t('session.password')} rules={[{ required: true, message: t('session.password_missing') }]}>
          <Input.Password prefix={<LockOutlined />} autoComplete="current-password" autoFocus={name !== undefined} />
        </Form.Item>
      </div>
      {needsCode && (
        <Form.Item
          name="totp"
          label={t('session.code')}
          extra={t('session.code_help')}
          rules={[{ required: true, pattern: /^\d{6}$/, message: t('session.code_missing') }]}
        >
          <Input prefix={<SafetyOutlined />} inputMode="numeric" maxLength={6} autoComplete="one-time-code" autoFocus />
        </Form.Item>
      )}
      <Button type="primary" htmlType="submit" block loading={attempt.isPending}>
        {needsCode ? t('session.check_code') : t('session.sign_in')}
      </Button>
      {needsCode && (
        <Button type="link" block onClick={() => setNeedsCode(false)} style={{ marginTop: 8 }}>{t('session.other_account')}</Button>
      )}
    </Form>
  )
}
