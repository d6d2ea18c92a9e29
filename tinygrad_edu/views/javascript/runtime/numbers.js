// Functions of one or two numbers that JavaScript lacks, or that differ from NumPy's in NaN, infinity or rounding.

/** 1 / (1 + exp(-x)), without overflow. */
function sigmoid(x) {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

/** x1 ** x2, where 1 ** y is 1 even for NaN, and (-1) ** infinity is 1. */
function powerOf(x1, x2) {
  return x1 === 1 || (x1 === -1 && Math.abs(x2) === Infinity) ? 1 : x1 ** x2;
}

/** What remains of x1 divided by x2; it has the sign of x2. */
function remainder(x1, x2) {
  const rest = x1 % x2;
  if (rest === 0) return x2 < 0 ? -0 : 0;
  return rest < 0 !== x2 < 0 ? rest + x2 : rest;
}

/** The largest whole number not above x1 / x2. */
function floorDivide(x1, x2) {
  if (x2 === 0) return x1 / x2;
  const rest = x1 % x2;
  let quotient = (x1 - rest) / x2;
  if (rest !== 0 && rest < 0 !== x2 < 0) quotient -= 1;
  if (quotient === 0) return 0 * Math.sign(x1 / x2);
  const below = Math.floor(quotient);
  return quotient - below > 0.5 ? below + 1 : below;
}

/** The nearest whole number, the even one of two. */
function round(x) {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** ln(exp(x1) + exp(x2)), without overflow. */
function logaddexp(x1, x2) {
  if (x1 === x2) return x1 + Math.LN2;
  return Math.max(x1, x2) + Math.log1p(Math.exp(-Math.abs(x1 - x2)));
}

/**
 * The error function. Near 0 the series 2/sqrt(pi) · exp(-x²) · (x + x·(2x²)/3 + x·(2x²)²/(3·5) + ...), farther out
 * 1 - exp(-x²) / (sqrt(pi) · (x + (1/2) / (x + (2/2) / (x + (3/2) / ...)))). Source: DLMF 7.6.2 and 7.9.1.
 */
function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  if (Math.abs(x) > 1) {
    let fraction = x;
    for (let n = 200; n > 0; n--) fraction = x + n / 2 / fraction;
    return Math.sign(x) - Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
  }
  let sum = x, term = x;
  for (let n = 3; Math.abs(term) > 1e-17 * Math.abs(sum); n += 2) {
    term *= (2 * x * x) / n;
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** sin(pi x) / (pi x), and 1 at 0. */
function sinc(x) {
  const y = Math.PI * x;
  return y === 0 ? 1 : Math.sin(y) / y;
}

/**
 * The derivative of sinc of some order. With z = pi x that is pi**order times the integral of
 * t**order · cos(z·t + order·pi/2) over 0 < t < 1: a sum over Gauss points for small z, else by integrating by parts.
 */
function sincDerivative(x, order) {
  const z = Math.PI * x;
  let value = 0;
  if (Math.abs(z) < 2 * order + 2) {
    gaussPoints().forEach(([t, weight]) => {
      value += weight * t ** order * Math.cos(z * t + (order * Math.PI) / 2);
    });
  } else {
    value = sinc(x);
    for (let n = 1; n <= order; n++) value = (Math.sin(z + (n * Math.PI) / 2) - n * value) / z;
  }
  return Math.PI ** order * value;
}

/** Points between 0 and 1 and their weights, for sums that are integrals: Gauss-Legendre quadrature. DLMF 3.5(v). */
function gaussPoints() {
  return [
    [0.0008811451447204299, 0.0022606385492681745], [0.004636880650271513, 0.005249142265576907],
    [0.01137002500811285, 0.008210529190953414], [0.02104159039310416, 0.011122924597083327],
    [0.03359359586066174, 0.013968503490011717], [0.04895059651556288, 0.016730097641273946],
    [0.06702024839387027, 0.019391083987236095], [0.08769388458334415, 0.021935454092836607],
    [0.11084717428674029, 0.024347903817535967], [0.13634087240503645, 0.02661392349196835],
    [0.16402165769291022, 0.028719884549695644], [0.1937230551660099, 0.030653121246464417],
    [0.2252664374524359, 0.03240200672830038], [0.25846209915691065, 0.03395602290761684],
    [0.2931103978141975, 0.03530582369564328], [0.32900295458712076, 0.036443291197901885],
    [0.36592390749637316, 0.03736158452898397], [0.40365120964931445, 0.03805518095031299],
    [0.4419579646623724, 0.03851990908212381], [0.48061379124697456, 0.03875297398921226],
    [0.5193862087530254, 0.03875297398921226], [0.5580420353376276, 0.03851990908212381],
    [0.5963487903506856, 0.03805518095031299], [0.6340760925036268, 0.03736158452898397],
    [0.6709970454128793, 0.036443291197901885], [0.7068896021858024, 0.03530582369564328],
    [0.7415379008430893, 0.03395602290761684], [0.7747335625475641, 0.03240200672830038],
    [0.8062769448339902, 0.030653121246464417], [0.8359783423070898, 0.028719884549695644],
    [0.8636591275949635, 0.02661392349196835], [0.8891528257132597, 0.024347903817535967],
    [0.9123061154166558, 0.021935454092836607], [0.9329797516061298, 0.019391083987236095],
    [0.9510494034844371, 0.016730097641273946], [0.9664064041393383, 0.013968503490011717],
    [0.9789584096068958, 0.011122924597083327], [0.9886299749918872, 0.008210529190953414],
    [0.9953631193497285, 0.005249142265576907], [0.9991188548552796, 0.0022606385492681745],
  ];
}
