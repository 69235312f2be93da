/** Line icons (outlines of Tabler Icons, MIT), drawn in the page: no font, no request. */

const SHAPES = {
  check: ["M5 12l5 5l10 -10"],
  x: ["M18 6l-12 12", "M6 6l12 12"],
  back: ["M5 12h14", "M5 12l6 6", "M5 12l6 -6"],
  undo: ["M9 14l-4 -4l4 -4", "M5 10h11a4 4 0 1 1 0 8h-1"],
  search: ["M3 10a7 7 0 1 0 14 0a7 7 0 1 0 -14 0", "M21 21l-6 -6"],
  scan: ["M4 8v-2a2 2 0 0 1 2 -2h2", "M4 16v2a2 2 0 0 0 2 2h2", "M16 4h2a2 2 0 0 1 2 2v2", "M16 20h2a2 2 0 0 0 2 -2v-2", "M7 12h10"],
  noPass: ["M5 3h14v18h-14z", "M9 12h6"],
  more: ["M4 6h16", "M4 12h16", "M4 18h16"],
  torch: ["M13 3v7h6l-8 11v-7h-6l8 -11"],
  flip: ["M20 11a8.1 8.1 0 0 0 -15.5 -2m-.5 -4v4h4", "M4 13a8.1 8.1 0 0 0 15.5 2m.5 4v-4h-4"],
  picture: ["M15 8h.01", "M3 6a3 3 0 0 1 3 -3h12a3 3 0 0 1 3 3v12a3 3 0 0 1 -3 3h-12a3 3 0 0 1 -3 -3z", "M3 16l5 -5c1 -1 2 -1 3 0l5 5", "M14 14l1 -1c1 -1 2 -1 3 0l3 3"],
  camera: ["M5 7h1a2 2 0 0 0 2 -2a1 1 0 0 1 1 -1h6a1 1 0 0 1 1 1a2 2 0 0 0 2 2h1a2 2 0 0 1 2 2v9a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2v-9a2 2 0 0 1 2 -2", "M9 13a3 3 0 1 0 6 0a3 3 0 0 0 -6 0"],
  phone: ["M5 4h4l2 5l-2.5 1.5a11 11 0 0 0 5 5l1.5 -2.5l5 2v4a2 2 0 0 1 -2 2a16 16 0 0 1 -15 -15a2 2 0 0 1 2 -2"],
  clock: ["M3 12a9 9 0 1 0 18 0a9 9 0 0 0 -18 0", "M12 7v5l3 3"],
  alert: ["M12 4l9 16h-18z", "M12 10v4", "M12 17h.01"],
  info: ["M3 12a9 9 0 1 0 18 0a9 9 0 0 0 -18 0", "M12 8h.01", "M11 12h1v4h1"],
  pin: ["M9 11a3 3 0 1 0 6 0a3 3 0 0 0 -6 0", "M17.657 16.657l-4.243 4.243a2 2 0 0 1 -2.827 0l-4.244 -4.243a8 8 0 1 1 11.314 0"],
  truck: ["M5 17a2 2 0 1 0 4 0a2 2 0 1 0 -4 0", "M15 17a2 2 0 1 0 4 0a2 2 0 1 0 -4 0", "M5 17h-2v-11a1 1 0 0 1 1 -1h9v12m-4 0h6m4 0h2v-6h-8m0 -5h5l3 5"],
  list: ["M9 6h11", "M9 12h11", "M9 18h11", "M5 6v.01", "M5 12v.01", "M5 18v.01"],
  sync: ["M20 11a8.1 8.1 0 0 0 -15.5 -2m-.5 -4v4h4", "M4 13a8.1 8.1 0 0 0 15.5 2m.5 4v-4h-4"],
  give: ["M12 16v-11", "M7 10l5 -5l5 5", "M4 17v2a1 1 0 0 0 1 1h14a1 1 0 0 0 1 -1v-2"],
  take: ["M12 4v11", "M7 10l5 5l5 -5", "M4 17v2a1 1 0 0 0 1 1h14a1 1 0 0 0 1 -1v-2"],
  settings: ["M4 6h8", "M16 6h4", "M12 6a2 2 0 1 0 4 0a2 2 0 0 0 -4 0", "M4 12h2", "M10 12h10", "M6 12a2 2 0 1 0 4 0a2 2 0 0 0 -4 0", "M4 18h11", "M19 18h1", "M15 18a2 2 0 1 0 4 0a2 2 0 0 0 -4 0"],
  issue: ["M14 3v4a1 1 0 0 0 1 1h4", "M17 21h-10a2 2 0 0 1 -2 -2v-14a2 2 0 0 1 2 -2h7l5 5v11a2 2 0 0 1 -2 2", "M12 11v6", "M9 14h6"],
  slip: ["M5 21v-16a2 2 0 0 1 2 -2h10a2 2 0 0 1 2 2v16l-3 -2l-2 2l-2 -2l-2 2l-2 -2l-3 2", "M9 8h6", "M9 12h6"],
  user: ["M8 7a4 4 0 1 0 8 0a4 4 0 0 0 -8 0", "M6 21v-2a4 4 0 0 1 4 -4h4a4 4 0 0 1 4 4v2"],
  erase: ["M20 5h-11l-6 7l6 7h11a1 1 0 0 0 1 -1v-12a1 1 0 0 0 -1 -1", "M16 10l-4 4m0 -4l4 4"],
  hand: ["M8 13v-7.5a1.5 1.5 0 0 1 3 0v6.5", "M11 5.5v-2a1.5 1.5 0 1 1 3 0v8.500", "M14 5.500a1.500 1.500 0 0 1 3 0v6.500", "M17 7.500a1.500 1.500 0 0 1 3 0v8.500a6 6 0 0 1 -6 6h-2c-2.110 -.200 -3.400 -.600 -4.600 -2.300l-3.200 -4.800a1.500 1.500 0 0 1 2.600 -1.800l1.200 1.900"],
  next: ["M5 12h14", "M13 6l6 6l-6 6"],
  sound: ["M15 8a5 5 0 0 1 0 8", "M17.700 5a9 9 0 0 1 0 14", "M6 15h-2a1 1 0 0 1 -1 -1v-4a1 1 0 0 1 1 -1h2l3.500 -4.500a.800 .800 0 0 1 1.500 .500v14a.800 .800 0 0 1 -1.500 .500l-3.500 -4.500"],
  store: ["M4 6a8 3 0 1 0 16 0a8 3 0 1 0 -16 0", "M4 6v6a8 3 0 0 0 16 0v-6", "M4 12v6a8 3 0 0 0 16 0v-6"],
  home: ["M5 12h-2l9 -9l9 9h-2", "M5 12v7a2 2 0 0 0 2 2h10a2 2 0 0 0 2 -2v-7"],
} as const;

/** Names of the icons. */
export type IconName = keyof typeof SHAPES;

/** An icon beside a word is decoration; one that stands alone has its label on the button around it. */
export function Icon({ name, big = false }: { readonly name: IconName; readonly big?: boolean }) {
  return (
    <svg
      class={big ? "icon icon-big" : "icon"}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {SHAPES[name].map((shape) => (
        <path key={shape} d={shape} />
      ))}
    </svg>
  );
}
