import { type Child, createContext, useContext } from 'hono/jsx';
import type { FieldValues } from './read-form.ts';

/** What is wrong with which field. */
export type FieldErrors = Readonly<Record<string, string>>;

/** What the fields of a form hold, by name, and what is wrong with them. */
export const FieldsContext = createContext<{ values: FieldValues; errors: FieldErrors }>({ values: {}, errors: {} });

interface FieldProps {
  name: string;
  label: string;
  hint?: string;
  /** What it holds where the form says nothing else. */
  initial?: string;
  type?: 'text' | 'password' | 'search' | 'date' | 'datetime-local';
  required?: boolean;
  /** Where the reader begins. A field with a fault is such a place anyway. */
  autofocus?: boolean;
  autocomplete?: string;
  inputmode?: 'numeric' | 'decimal' | 'text';
  placeholder?: string;
  /** The id of a datalist. */
  list?: string;
  look?: 'wide' | 'grow' | 'short';
}

/** A labelled text field with its hint, and with what is wrong with it: the first such field has the focus. */
export function Field(props: FieldProps) {
  const { name, label, hint, type = 'text', initial = '', autocomplete = 'off', look } = props;
  const { values, errors } = useContext(FieldsContext);
  const error = errors[name];
  // Read out at once; of several the page's note tells.
  const isAlone = Object.keys(errors).length === 1;
  const described = [
    ...(error === undefined ? [] : [`${name}-error`]),
    ...(hint === undefined ? [] : [`${name}-hint`]),
  ];
  return (
    <div class={look === undefined ? 'field' : `field ${look}`}>
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        type={type === 'text' ? undefined : type}
        value={type === 'password' ? undefined : (values[name] ?? initial)}
        required={props.required}
        inputmode={props.inputmode}
        placeholder={props.placeholder}
        list={props.list}
        autocomplete={autocomplete}
        spellcheck={false}
        autofocus={props.autofocus || error !== undefined}
        aria-invalid={error === undefined ? undefined : 'true'}
        aria-describedby={described.length === 0 ? undefined : described.join(' ')}
      />
      {described.length > 0 && (
        <div class="below">
          {error !== undefined && (
            <p id={`${name}-error`} class="small bad" role={isAlone ? 'alert' : undefined}>
              {error}
            </p>
          )}
          {hint !== undefined && <small id={`${name}-hint`}>{hint}</small>}
        </div>
      )}
    </div>
  );
}

interface SelectProps {
  name: string;
  label: string;
  hint?: string;
  options: readonly (readonly [value: string, text: string])[];
  initial?: string;
}

/** A labelled choice of one option. */
export function Select({ name, label, hint, options, initial = '' }: SelectProps) {
  const value = useContext(FieldsContext).values[name] ?? initial;
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <select id={name} name={name} aria-describedby={hint === undefined ? undefined : `${name}-hint`}>
        {options.map(([option, words]) => (
          <option value={option} selected={option === value}>
            {words}
          </option>
        ))}
      </select>
      {hint !== undefined && (
        <div class="below">
          <small id={`${name}-hint`}>{hint}</small>
        </div>
      )}
    </div>
  );
}

interface ChoicesProps {
  name: string;
  label: string;
  options: readonly { value: string; hint: Child }[];
  initial: string;
}

/** The same where each option takes a sentence. */
export function Choices({ name, label, options, initial }: ChoicesProps) {
  const chosen = useContext(FieldsContext).values[name] ?? initial;
  return (
    <fieldset>
      <legend>{label}</legend>
      {options.map(({ value, hint }) => (
        <label class="choice">
          <input type="radio" name={name} value={value} checked={value === chosen} />
          <b>{value}</b>
          <small>{hint}</small>
        </label>
      ))}
    </fieldset>
  );
}
