import { ApiFailure } from './failure.js'
import { databaseOf, success, type Exchange, type Route } from './exchange.js'
import type { History } from './history.js'
import { demandAvailable } from './unavailable.js'

const BASE = '^/accounts/(?<account>[^/]+)/d1/database/(?<database>[^/]+)/time_travel'

export const timeTravelRoutes: Route[] = [
  {
    name: 'bookmark',
    method: 'GET',
    pattern: new RegExp(`${BASE}/bookmark$`),
    handle: (exchange) => success({ bookmark: historyOf(exchange).bookmarkAt(timestampOf(exchange)) }),
  },
  {
    name: 'restore',
    method: 'POST',
    pattern: new RegExp(`${BASE}/restore$`),
    handle: (exchange) => {
      const history = historyOf(exchange)
      demandAvailable(exchange.service, databaseOf(exchange))
      const timestamp = timestampOf(exchange)
      const bookmark = exchange.url.searchParams.get('bookmark')
      if ((bookmark === null) === (timestamp === undefined)) {
        throw new ApiFailure(400, 7400, 'Exactly one of bookmark and timestamp is required')
      }
      return success(history.restore(bookmark ?? history.bookmarkAt(timestamp)))
    },
  },
]

function historyOf(exchange: Exchange): History {
  const history = exchange.service.histories.get(databaseOf(exchange).id)
  if (history === undefined) throw new ApiFailure(404, 7404, 'Time Travel is not available for this database')
  return history
}

function timestampOf({ url }: Exchange): string | undefined {
  return url.searchParams.get('timestamp') ?? undefined
}
