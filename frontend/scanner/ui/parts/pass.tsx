import type { Credential } from "../../core/types";
import { goodsWords, issuerWords, kindWords, numberWords, roadWords, routeWords } from "../facts";
import { useShell } from "../shell";
import { moment } from "../times";
import { Icon } from "./icons";
import { Facts } from "./marks";

/** The last four characters of each driver's identity number, large: they are compared with the card. */
export function Drivers({ pass }: { readonly pass: Credential }) {
  const { words } = useShell();
  const w = words.value.car;
  return (
    <p class="drivers">
      <span class="drivers-label">{w.drivers}</span>
      {pass.drivers.length === 0 ? (
        <span class="strong">{w.driversNone}</span>
      ) : (
        pass.drivers.map((last4, place) => (
          <span key={last4} class="driver">
            {place > 0 && <span class="visually-hidden">{w.or} </span>}
            {last4}
          </span>
        ))
      )}
    </p>
  );
}

/** Everything else a pass says, in the order in which it is asked for at a barrier. */
export function PassFacts({ pass }: { readonly pass: Credential }) {
  const { desk, words, settings, now } = useShell();
  const language = settings.language.value;
  const names = desk.names.value;
  const w = words.value.car;
  return (
    <section class="pass-facts" aria-label={w.facts}>
      <Facts
        pairs={[
          [w.route, <Route key="route" places={routeWords(pass, language)} />],
          [
            w.roads,
            pass.roads.length === 0 ? (
              w.roadsNone
            ) : (
              <ul class="roads" key="roads">
                {pass.roads.map((road) => (
                  <li key={road}>{roadWords(road, language)}</li>
                ))}
              </ul>
            ),
          ],
          [w.goods, goodsWords(names, pass.goods, language)],
          [w.period, w.until(moment(pass.notBefore, now.value), moment(pass.notAfter, now.value))],
          [w.number, numberWords(pass.number)],
          [w.kind, kindWords(names, pass, language)],
          [w.body, issuerWords(names, pass, language).name],
        ]}
      />
    </section>
  );
}

function Route({ places }: { readonly places: readonly string[] }) {
  return (
    <ol class="route">
      {places.map((place, at) => (
        <li key={`${at} ${place}`}>{place}</li>
      ))}
    </ol>
  );
}

/** The duty phone of the body that issued, as a button that dials. */
export function DutyPhone({ pass }: { readonly pass: Credential }) {
  const { desk, words, settings } = useShell();
  const { name, phone } = issuerWords(desk.names.value, pass, settings.language.value);
  const w = words.value.car;
  if (phone === "") {
    return (
      <p class="remark">
        {name}
        {words.value.colon}
        {w.noPhone}
      </p>
    );
  }
  return (
    <a class="button button-plain phone" href={`tel:${phone.replace(/[^+0-9]/g, "")}`} aria-label={`${name} ${w.call(phone)}`}>
      <Icon name="phone" />
      <span>
        <span class="phone-name">{name}</span>
        <span class="phone-number">{phone}</span>
      </span>
    </a>
  );
}
