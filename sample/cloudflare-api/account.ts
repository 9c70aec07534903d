import { ApiFailure } from './failure.js'
import { page, success, type Route } from './exchange.js'

const EMAIL = 'developer@example.com'
const ACCOUNT_NAME = 'Local account'

/** What `wrangler whoami` asks for. */
export const accountRoutes: Route[] = [
  {
    name: 'verify',
    method: 'GET',
    pattern: /^\/user\/tokens\/verify$/,
    handle: ({ service }) => {
      if (service.tokenOwner === 'account') throw new ApiFailure(401, 1000, 'Invalid API Token')
      return success({ id: 'a0000000000000000000000000000001', status: 'active' })
    },
  },
  {
    name: 'verify',
    method: 'GET',
    pattern: /^\/accounts\/(?<account>[^/]+)\/tokens\/verify$/,
    handle: ({ service }) => {
      if (service.tokenOwner === 'user') throw new ApiFailure(401, 1000, 'Invalid API Token')
      return success({ id: 'a0000000000000000000000000000004', status: 'active' })
    },
  },
  {
    name: 'user',
    method: 'GET',
    pattern: /^\/user$/,
    handle: ({ service }) => {
      if (service.tokenOwner === 'account')
        throw new ApiFailure(403, 9109, 'Unauthorized to access requested resource')
      return success({ id: 'a0000000000000000000000000000002', email: EMAIL })
    },
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
