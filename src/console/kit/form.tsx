import type { Child } from 'hono/jsx';
import { type FieldErrors, FieldsContext } from './field.tsx';
import { type FieldValues, SEEN_FIELDS, type Seen } from './read-form.ts';

interface FormProps {
  /** Where it is sent. */
  action: string;
  /** What stands on its button. */
  submit: Child;
  /** What the button does, where the word on it says too little for those who do not see what it stands beside. */
  submitHint?: string;
  /** What it comes to, told to who points at the button. */
  submitTitle?: string;
  /** Classes of the form, and of its button. */
  look?: string;
  submitLook?: string;
  /** Sent along unseen. */
  hidden?: Readonly<Record<string, string | number>>;
  /** What it was made of, where it changes what others may change too: `readEdit` then tells what was typed. */
  seen?: Seen;
  values?: FieldValues;
  errors?: FieldErrors;
  /** Faults are told by us, in place and all at once; else the browser stops what is left empty. */
  novalidate?: boolean;
  children?: Child;
}

/** A form that changes something: its fields show what was typed before and what was wrong with it. */
export function Form(props: FormProps) {
  const { action, submit, submitHint, submitTitle, look, submitLook, seen, values = {}, errors = {} } = props;
  const made =
    seen === undefined
      ? {}
      : { [SEEN_FIELDS.revision]: seen.revision, [SEEN_FIELDS.values]: JSON.stringify(seen.values) };
  return (
    <form method="post" action={action} class={look} novalidate={props.novalidate}>
      {Object.entries({ ...props.hidden, ...made }).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <FieldsContext.Provider value={{ values, errors }}>{props.children}</FieldsContext.Provider>
      <button type="submit" class={submitLook} aria-label={submitHint} title={submitTitle}>
        {submit}
      </button>
    </form>
  );
}

interface EditFormProps {
  action: string;
  submit: Child;
  /** What is edited: its revision, and its fields as they hold. */
  seen: Seen;
  /** What was typed and could not be taken, and why. */
  typed: FieldValues;
  errors: FieldErrors;
  children?: Child;
}

/** A form that changes what is there already: its fields show what holds, or what was typed over it. */
export function EditForm({ action, submit, seen, typed, errors, children }: EditFormProps) {
  return (
    <Form action={action} submit={submit} seen={seen} values={{ ...seen.values, ...typed }} errors={errors} novalidate>
      {children}
    </Form>
  );
}

interface SearchFormProps {
  action: string;
  submit: Child;
  values: FieldValues;
  errors?: FieldErrors;
  children?: Child;
}

/** A form that asks for something: what it asks stands in the address. */
export function SearchForm({ action, submit, values, errors = {}, children }: SearchFormProps) {
  return (
    <search>
      <form method="get" action={action} class="row">
        <FieldsContext.Provider value={{ values, errors }}>{children}</FieldsContext.Provider>
        <button type="submit" class="plain">
          {submit}
        </button>
      </form>
    </search>
  );
}
