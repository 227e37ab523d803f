// Totals the open orders. Run: writ run --task "total the open orders" --grant orders:read@orders -- node agent.mjs
const { WRIT_RUN_URL: run, WRIT_RUN_KEY: key } = process.env;

async function get(path) {
  const answer = await fetch(`${run}/api/orders${path}`, { headers: { authorization: `Bearer ${key}` } });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer.json();
}

const orders = (await get("/orders")).filter((order) => order.status === "open");
const total = orders.reduce((sum, order) => sum + order.cents, 0) / 100;
console.log(`${orders.length} open orders, ${total.toFixed(2)} in all`);
