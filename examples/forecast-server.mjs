// A small JSON API to try workflows on, without the internet: `node examples/forecast-server.mjs` (port 4010).
import { createServer } from 'node:http';

const port = Number(process.env.FORECAST_PORT ?? 4010);
const rain = [0, 4.2, 0.3, 11, 0, 0.8, 0];

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  response.setHeader('content-type', 'application/json');
  if (pathname !== '/forecast') {
    response.statusCode = 404;
    response.end(JSON.stringify({ error: `there is no ${pathname} here` }));
    return;
  }
  const days = Math.min(Number(searchParams.get('days') ?? 7), rain.length);
  const forecast = rain.slice(0, days).map((millimetres, day) => ({ day: day + 1, rain: millimetres }));
  response.end(JSON.stringify({ city: searchParams.get('city'), days: forecast }));
}).listen(port, '127.0.0.1', () => console.log(`Forecasts at http://127.0.0.1:${port}/forecast?city=Lisbon&days=7`));
