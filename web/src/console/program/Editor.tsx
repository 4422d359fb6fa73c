import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef, type RefObject } from 'react'
import { usePreferences } from '../../shared/preferences'

export interface Finding {
  message: string
  from: number
  to: number
  line: number
  severity: 'error' | 'warning'
  pointer: string
}

interface EditorProps {
  initial: string
  findings: Finding[]
  label: string
  isReadOnly: boolean
  onChange: (text: string) => void
  view: RefObject<EditorView | null>
}

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--link)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--success)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--warning)' },
  { tag: tags.comment, color: 'var(--secondary)' },
])

/** A YAML editor that marks what the server found, at its place. Escape leaves it for the keyboard. */
export function Editor({ initial, findings, label, isReadOnly, onChange, view }: EditorProps) {
  const box = useRef<HTMLDivElement>(null)
  const change = useRef(onChange)
  const { mode } = usePreferences()
  useEffect(() => {
    change.current = onChange
  }, [onChange])

  useEffect(() => {
    if (!box.current) return
    const made = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: view.current?.state.doc.toString() ?? initial,
        extensions: [
          lineNumbers(),
          history(),
          indentOnInput(),
          bracketMatching(),
          highlightActiveLine(),
          lintGutter(),
          yaml(),
          syntaxHighlighting(colours),
          EditorState.tabSize.of(2),
          EditorState.readOnly.of(isReadOnly),
          keymap.of([
            { key: 'Escape', run: (editor) => { editor.contentDOM.blur(); return true } },
            ...defaultKeymap,
            ...historyKeymap,
            indentWithTab,
          ]),
          EditorView.contentAttributes.of({ 'aria-label': label }),
          EditorView.theme(
            {
              '&': { color: 'var(--text)', backgroundColor: 'var(--card)' },
              '.cm-gutters': { backgroundColor: 'var(--card)', color: 'var(--secondary)', border: 'none' },
              '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--track) 50%, transparent)' },
              '.cm-cursor': { borderLeftColor: 'var(--text)' },
              '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--selected) !important' },
              '.cm-tooltip': { backgroundColor: 'var(--card)', color: 'var(--text)', border: '1px solid var(--border)' },
            },
            { dark: mode === 'dark' },
          ),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current(update.state.doc.toString())
          }),
        ],
      }),
    })
    made.scrollDOM.tabIndex = 0
    view.current = made
    return () => made.destroy()
  }, [initial, isReadOnly, label, mode, view])

  useEffect(() => {
    const editor = view.current
    if (!editor) return
    const end = editor.state.doc.length
    const marks: Diagnostic[] = findings.map(({ message, from, to, severity }) => ({ message, severity, from: Math.min(from, end), to: Math.min(to, end) }))
    editor.dispatch(setDiagnostics(editor.state, marks))
  }, [findings, view, mode])

  return <div ref={box} className="editor" />
}

/** Puts the cursor where `finding` is and shows it. */
export function show(view: EditorView | null, finding: Finding) {
  if (!view) return
  const at = Math.min(finding.from, view.state.doc.length)
  view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) })
  view.focus()
}
