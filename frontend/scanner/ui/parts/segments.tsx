/** A choice of few, side by side. */
export function Segments<T extends string>({
  label,
  options,
  chosen,
  choose,
}: {
  readonly label: string;
  readonly options: readonly (readonly [T, string])[];
  readonly chosen: T;
  readonly choose: (option: T) => void;
}) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map(([option, words]) => (
        <button key={option} type="button" class="segment" aria-pressed={option === chosen} onClick={() => choose(option)}>
          {words}
        </button>
      ))}
    </div>
  );
}
