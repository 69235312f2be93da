import { useEffect, useRef } from "preact/hooks";

import type { Matrix } from "../symbol";

/** A QR symbol, a module a pixel and as large as the place allows; dark on white also at night, or nobody reads it. */
export function Code({ matrix, label }: { readonly matrix: Matrix; readonly label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (canvas.current === null || !pen) return;
    const size = matrix.length;
    canvas.current.width = size;
    canvas.current.height = size;
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, size, size);
    pen.fillStyle = "#000";
    matrix.forEach((row, y) =>
      row.forEach((dark, x) => {
        if (dark) pen.fillRect(x, y, 1, 1);
      }),
    );
  }, [matrix]);
  return <canvas ref={canvas} class="code" role="img" aria-label={label} />;
}
