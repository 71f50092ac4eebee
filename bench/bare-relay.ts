// The yardstick: what a relay costs that does its work in the plain way. Parses the request, sets its model, prints it, and hands each
// piece of the reply on as it comes. Usage: node bench/bare-relay.ts <port> <upstream port>

import { serve } from './relay.ts';

serve({
  retargeted(pieces, models) {
    const body = JSON.parse(Buffer.concat(pieces).toString()) as { model: string };
    body.model = models.get(body.model) ?? body.model;
    return JSON.stringify(body);
  },
  writer: (response, full) => ({
    piece(chunk) {
      if (!response.write(chunk)) full();
    },
    end() {
      response.end();
    },
  }),
});
