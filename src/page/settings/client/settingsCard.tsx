import type { ComponentChildren } from 'preact';
import type { EngineName } from '../../../engine/engine.js';
import { DEFAULTS, type Settings, type Sizing } from '../settings.js';
import { change, settings } from './settingsStore.js';

/** What the command has options for, by the same names. */
export function SettingsCard() {
  const current = settings.value;
  const isUsual = JSON.stringify(current) === JSON.stringify(DEFAULTS);
  return (
    <section class="card" aria-labelledby="settings-title">
      <div class="card-head">
        <h2 id="settings-title">Settings</h2>
        <button
          type="button"
          class="link"
          disabled={isUsual}
          onClick={() => {
            settings.value = DEFAULTS;
          }}
        >
          Reset
        </button>
      </div>
      <SizeFields current={current} />
      <OutputFields current={current} />
      <details>
        <summary>How the model is fed</summary>
        <ModelFields current={current} />
      </details>
      <details>
        <summary>How it runs</summary>
        <EngineFields current={current} />
      </details>
    </section>
  );
}

interface Fields {
  readonly current: Settings;
}

const SIZINGS: readonly (readonly [Sizing, string])[] = [
  ['short', 'Short side'],
  ['width', 'Width'],
  ['exact', 'Width and height'],
  ['none', 'As it is'],
];

/** As networks are trained, mostly. */
const CROP = 256;

function SizeFields({ current }: Fields) {
  const { sizing, width, height, interpolation, crop, keepSize } = current;
  return (
    <>
      <div class="fields">
        <Choice
          label="Size for the model"
          value={sizing}
          choices={SIZINGS}
          onChange={(value) => change({ sizing: value })}
        />
        {sizing !== 'none' && (
          <NumberField
            label={sizing === 'short' ? 'Pixels' : 'Width'}
            value={width}
            onChange={(value) => change({ width: value })}
          />
        )}
        {sizing === 'exact' && (
          <NumberField
            label="Height"
            value={height}
            onChange={(value) => change({ height: value })}
          />
        )}
      </div>
      {sizing !== 'none' && (
        <Switch
          label="Bicubic filter"
          checked={interpolation === 'bicubic'}
          onChange={(checked) => change({ interpolation: checked ? 'bicubic' : 'bilinear' })}
        />
      )}
      <Switch
        label="Cut a square out of the middle"
        checked={crop !== null}
        onChange={(checked) => change({ crop: checked ? CROP : null })}
      />
      {crop !== null && (
        <NumberField
          label="Side of the square"
          value={crop}
          onChange={(value) => change({ crop: value })}
        />
      )}
      <Switch
        label="Keep the picture's size"
        checked={keepSize}
        onChange={(checked) => change({ keepSize: checked })}
      />
    </>
  );
}

const FORMATS = [
  ['png', 'PNG'],
  ['jpg', 'JPEG'],
] as const;

function OutputFields({ current }: Fields) {
  const { format, quality, alpha, autoOrient, strict } = current;
  return (
    <>
      <div class="fields">
        <Choice
          label="Format"
          value={format}
          choices={FORMATS}
          onChange={(value) => change({ format: value })}
        />
        {format === 'jpg' && (
          <NumberField
            label="Quality"
            value={quality}
            max={100}
            onChange={(value) => change({ quality: value })}
          />
        )}
      </div>
      {format === 'png' && (
        <Switch
          label="Keep transparency"
          checked={alpha}
          onChange={(checked) => change({ alpha: checked })}
        />
      )}
      <Switch
        label="Turn photographs upright"
        checked={autoOrient}
        onChange={(checked) => change({ autoOrient: checked })}
      />
      <Switch
        label="Refuse damaged pictures"
        checked={strict}
        onChange={(checked) => change({ strict: checked })}
      />
    </>
  );
}

const RANGES = [
  ['', 'As trained'],
  ['0,1', '0 to 1'],
  ['-1,1', '−1 to 1'],
  ['0,255', '0 to 255'],
] as const;
const STATISTICS = [
  ['', 'As usual'],
  ['own', "The picture's own"],
  ['running', 'Of training'],
] as const;
const PADDINGS = [
  ['', 'As usual'],
  ['reflect', 'Mirrored'],
  ['replicate', 'Edge repeated'],
  ['zero', 'Zeros'],
] as const;
const RESIDUALS = [
  ['', 'As usual'],
  ['no', 'Not added'],
  ['yes', 'Added'],
  ['tanh', 'Added before the tanh'],
] as const;

function ModelFields({ current }: Fields) {
  const { inputRange, statistics, padding, residual, bgr } = current;
  const ranges = { '': null, '0,1': [0, 1], '-1,1': [-1, 1], '0,255': [0, 255] } as const;
  const residuals = { '': null, no: false, yes: true, tanh: 'tanh' } as const;
  const residualName =
    residual === null ? '' : residual === 'tanh' ? 'tanh' : residual ? 'yes' : 'no';
  return (
    <div class="stack">
      <Choice
        label="Input range"
        value={(inputRange?.join(',') ?? '') as keyof typeof ranges}
        choices={RANGES}
        onChange={(value) => change({ inputRange: ranges[value] })}
      />
      <Choice
        label="Norms use statistics"
        value={statistics ?? ''}
        choices={STATISTICS}
        onChange={(value) => change({ statistics: value === '' ? null : value })}
      />
      <Choice
        label="Padding"
        value={padding ?? ''}
        choices={PADDINGS}
        onChange={(value) => change({ padding: value === '' ? null : value })}
      />
      <Choice
        label="Its input is"
        value={residualName}
        choices={RESIDUALS}
        onChange={(value) => change({ residual: residuals[value] })}
      />
      <Switch
        label="Blue first, as OpenCV has it"
        checked={bgr}
        onChange={(checked) => change({ bgr: checked })}
      />
    </div>
  );
}

const ENGINE_WORDS: Readonly<Record<EngineName, string>> = {
  wasm: 'WebAssembly',
  webgpu: 'WebGPU, to within a rounding',
  js: 'JavaScript, slow',
};
const ENGINES: readonly (readonly [EngineName | '', string])[] = [
  ['', 'The fastest'],
  ...(Object.entries(ENGINE_WORDS) as [EngineName, string][]).filter(
    ([name]) => name !== 'webgpu' || 'gpu' in navigator,
  ),
];

function EngineFields({ current }: Fields) {
  const { engine, threads } = current;
  const cores = navigator.hardwareConcurrency ?? 1;
  const counts = Array.from({ length: Math.min(cores, 16) }, (_, i): [string, string] => [
    String(i + 1),
    String(i + 1),
  ]);
  return (
    <div class="stack">
      <Choice
        label="Engine"
        value={engine ?? ''}
        choices={ENGINES}
        onChange={(value) => change({ engine: value === '' ? null : value })}
      />
      {globalThis.crossOriginIsolated ? (
        <Choice
          label="Threads"
          value={threads === null ? '' : String(threads)}
          choices={[['', `As many as there are cores (${cores})`], ...counts]}
          onChange={(value) => change({ threads: value === '' ? null : Number(value) })}
        />
      ) : (
        <p class="faint">One thread: the server does not send the headers that more need.</p>
      )}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly (readonly [T, string])[];
  readonly onChange: (value: T) => void;
}

function Choice<T extends string>({ label, value, choices, onChange }: ChoiceProps<T>) {
  return (
    <Field label={label}>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value as T)}>
        {choices.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </Field>
  );
}

interface NumberProps {
  readonly label: string;
  readonly value: number;
  readonly max?: number;
  readonly onChange: (value: number) => void;
}

const MAX_SIDE = 65_535;

/** What is no whole number within its bounds changes nothing, and is put right when the field is left. */
function NumberField({ label, value, max = MAX_SIDE, onChange }: NumberProps) {
  return (
    <Field label={label}>
      <input
        type="number"
        inputMode="numeric"
        min={1}
        max={max}
        value={value}
        onInput={({ currentTarget }) => {
          const typed = Number(currentTarget.value);
          if (Number.isInteger(typed) && typed >= 1 && typed <= max) onChange(typed);
        }}
        onBlur={({ currentTarget }) => {
          currentTarget.value = String(value);
        }}
      />
    </Field>
  );
}

function Field({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ComponentChildren;
}) {
  return (
    // The control is the label's own child, whichever it is.
    // biome-ignore lint/a11y/noLabelWithoutControl: it comes as children
    <label class="field">
      <span>{label}</span>
      {children}
    </label>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

function Switch({ label, checked, onChange }: SwitchProps) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        checked={checked}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}
