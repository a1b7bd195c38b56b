/** The PromQL editor: CodeMirror with Prometheus's own language, completion and checks. A chunk of its own. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import {
  defaultKeymap,
  history,
  historyKeymap,
  insertNewlineAndIndent,
} from '@codemirror/commands';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { lintKeymap } from '@codemirror/lint';
import { EditorState, Prec } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightSpecialChars,
  keymap,
  placeholder,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';

export interface Editor {
  text(): string;
  set(text: string): void;
  focus(): void;
  destroy(): void;
}

export interface EditorOptions {
  readonly text: string;
  readonly tenant: string | null;
  readonly onchange: (text: string) => void;
  readonly onrun: () => void;
}

const colours = HighlightStyle.define([
  { tag: tags.name, color: 'var(--ink)' },
  { tag: tags.number, color: 'var(--series-4)' },
  { tag: tags.string, color: 'var(--series-3)' },
  { tag: [tags.keyword, tags.modifier], color: 'var(--series-2)' },
  { tag: tags.function(tags.variableName), color: 'var(--series-1)' },
  { tag: tags.labelName, color: 'var(--series-5)' },
  { tag: [tags.operator, tags.operatorKeyword], color: 'var(--ink-2)' },
  { tag: [tags.bracket, tags.paren, tags.squareBracket, tags.brace], color: 'var(--ink-3)' },
  { tag: tags.comment, color: 'var(--ink-3)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--error)' },
]);

const looks = EditorView.theme({
  '&': { fontSize: '0.875rem', background: 'transparent', color: 'var(--ink)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5' },
  '.cm-content': { padding: '0.35rem 0', caretColor: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-placeholder': { color: 'var(--ink-3)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground':
    { background: 'var(--shade)' },
  '&.cm-focused .cm-matchingBracket': { background: 'var(--shade)', outline: 'none' },
  '.cm-tooltip': {
    background: 'var(--raised)',
    color: 'var(--ink)',
    border: '1px solid var(--line-strong)',
    fontFamily: 'var(--font)',
    fontSize: '0.8125rem',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '16rem' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    background: 'var(--shade)',
    color: 'var(--ink)',
  },
  '.cm-completionDetail': { color: 'var(--ink-3)', fontStyle: 'normal' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-diagnostic': { padding: '0.25rem 0.5rem' },
});

export function mountEditor(parent: HTMLElement, options: EditorOptions): Editor {
  const { tenant } = options;
  const promql = new PromQLExtension().activateLinter(true).setComplete({
    remote: {
      httpMethod: 'GET',
      ...(tenant === null ? {} : { requestHeaders: new Headers({ 'X-Scope-OrgID': tenant }) }),
      // Without names to propose one still types: the page says itself when the server is away.
      httpErrorHandler: () => undefined,
    },
  });
  const run = () => {
    options.onrun();
    return true;
  };
  const leave = (of: EditorView) => {
    of.contentDOM.blur();
    return true;
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        autocompletion({ icons: false }),
        history(),
        drawSelection(),
        highlightSpecialChars(),
        bracketMatching(),
        closeBrackets(),
        syntaxHighlighting(colours),
        looks,
        placeholder('PromQL, such as sum by (job) (rate(http_requests_total[1m]))'),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'PromQL expression' }),
        promql.asExtension(),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...lintKeymap]),
        // Below an open list of completions, which takes Enter for itself.
        Prec.high(
          keymap.of([
            { key: 'Enter', run },
            { key: 'Mod-Enter', run },
            { key: 'Shift-Enter', run: insertNewlineAndIndent },
            { key: 'Escape', run: leave },
          ]),
        ),
        keymap.of(defaultKeymap),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onchange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    set: (text) => {
      if (text !== view.state.doc.toString()) {
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      }
    },
    focus: () => view.focus(),
    destroy: () => {
      promql.destroy();
      view.destroy();
    },
  };
}
