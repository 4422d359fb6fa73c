import { useEffect, type ReactNode } from 'react'

/** The head of a page: its one `h1`, what belongs beside it, and its actions. */
export function Page({ title, aside, extra, children }: { title: string; aside?: ReactNode; extra?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Hui`
  }, [title])
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-title">
          <h1>{title}</h1>
          {aside && <div className="muted">{aside}</div>}
        </div>
        {extra && <div className="page-extra">{extra}</div>}
      </header>
      {children}
    </div>
  )
}
