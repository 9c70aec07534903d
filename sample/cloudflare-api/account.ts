import { page, success, type Route } from './exchange.js'

const EMAIL = 'developer@example.com'
const ACCOUNT_NAME = 'Local account'

/** What `wrangler whoami` asks for. */
export const accountRoutes: Route[] = [
  {
    name: 'verify',
    method: 'GET',
    pattern: /^\/user\/tokens\/verify$/,
    handle: () => success({ id: 'a0000000000000000000000000000001', status: 'active' }),
  },
  {
    name: 'user',
    method: 'GET',
    pattern: /^\/user$/,
    handle: () => success({ id: 'a0000000000000000000000000000002', email: EMAIL }),
  },
  {
    name: 'accounts',
    method: 'GET',
    pattern: /^\/accounts$/,
    handle: ({ service, url }) => page([account(service.accountId)], url),
  },
  {
    name: 'accounts',
    method: 'GET',
    pattern: /^\/accounts\/(?<account>[^/]+)$/,
    handle: ({ service }) => success(account(service.accountId)),
  },
  {
    name: 'memberships',
    method: 'GET',
    pattern: /^\/memberships$/,
    handle: ({ service, url }) =>
      page(
        [
          {
            id: 'a0000000000000000000000000000003',
            status: 'accepted',
            account: account(service.accountId),
            roles: ['Administrator'],
          },
        ],
        url,
      ),
  },
]

function account(id: string): { id: string; name: string; type: string } {
  return { id, name: ACCOUNT_NAME, type: 'standard' }
}
