/**
 * A terminal that is closed ends its commands as SIGTERM does: in order, with the processes that they started. The shell and the
 * system may both say it, and a second SIGTERM would cut that short, so it counts once. Returns how to
 * stop listening.
 */
export function endOnHangUp(): () => void {
  let heard = false
  const onHangUp = (): void => {
    if (heard) return
    heard = true
    // Nobody listens for SIGTERM: leave at once, by way of the 'exit' handlers, as a shell would report it.
    if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(129)
  }
  process.on('SIGHUP', onHangUp)
  return () => void process.off('SIGHUP', onHangUp)
}
