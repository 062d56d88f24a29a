namespace Runner.Persistence.Postgres.Cluster;

/// <summary>
/// What a node has seen of the database and of who has it, and what it may take of others by that: only what has expired while the database answered
/// this node for the whole time of a lease without a break. Whoever held it when the database went away can then renew it first when it is back.
/// Thread-safe.
/// </summary>
internal sealed class DatabaseWatch(TimeSpan leaseTtl, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long? _answeringSince;
    private (long At, DateTime Now)? _clocks;
    private HolderRow? _holder;
    private long? _expiredSince;
    private bool _isRenewedByNodeAlone;
    private DateTimeOffset? _awaySince;

    /// <summary>When the database was found not to answer; null while it does.</summary>
    public DateTimeOffset? AwaySince
    {
        get
        {
            lock (_lock)
            {
                return _awaySince;
            }
        }
    }

    /// <summary>Whether a node on its own has the database and is alive.</summary>
    public bool IsRenewedByNodeAlone
    {
        get
        {
            lock (_lock)
            {
                return _isRenewedByNodeAlone;
            }
        }
    }

    /// <summary>Whether the database has answered for the whole time of a lease, and lately too.</summary>
    public bool MayTakeOver
    {
        get
        {
            lock (_lock)
            {
                return MayTakeOverLocked();
            }
        }
    }

    /// <summary>Who has let the database expire, watched so for the whole time of a lease; null while it is not time to take their place.</summary>
    public HolderRow? MayBeReplaced()
    {
        lock (_lock)
        {
            return _expiredSince is { } since && MayTakeOverLocked() && time.GetElapsedTime(since) >= leaseTtl ? _holder : null;
        }
    }

    /// <summary>A renewal was answered.</summary>
    /// <param name="sent">When it was sent, as a timestamp.</param>
    /// <returns>Whether the database was away until now.</returns>
    public bool Answered(Renewal renewal, long sent)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            // Where the database's clock was put forward leases look expired whose owners had no time to renew them; where this process stood still
            // it has not seen whether the database was there.
            bool jumped = _clocks is { } before && time.GetElapsedTime(before.At, now) is var passed
                && (passed >= leaseTtl || renewal.Now - before.Now > passed + (leaseTtl / 8));
            _clocks = (sent, renewal.Now);
            _answeringSince = jumped ? now : _answeringSince ?? now;
            WatchLocked(renewal.Holder, now, jumped);
            bool isBack = _awaySince is not null;
            _awaySince = null;
            return isBack;
        }
    }

    /// <summary>An answer is missing.</summary>
    /// <param name="isAway">Whether the database is away by that.</param>
    /// <returns>Whether it was there until now, and is away.</returns>
    public bool Broke(bool isAway)
    {
        lock (_lock)
        {
            (_answeringSince, _expiredSince, _clocks) = (null, null, null);
            bool isNew = isAway && _awaySince is null;
            if (isNew)
            {
                _awaySince = time.GetUtcNow();
            }

            return isNew;
        }
    }

    /// <summary>What was seen until now does not count.</summary>
    public void BeginAgain()
    {
        lock (_lock)
        {
            _answeringSince = _answeringSince is null ? null : time.GetTimestamp();
            _expiredSince = null;
        }
    }

    private void WatchLocked(HolderRow? holder, long now, bool jumped)
    {
        _isRenewedByNodeAlone = holder is { IsOfNodeAlone: true, IsExpired: false } && (_isRenewedByNodeAlone || _holder is { IsOfNodeAlone: true,
            } before && before.Owner == holder.Owner && !holder.IsAs(before));
        _expiredSince = holder is not { IsExpired: true } ? null
            : _expiredSince is { } since && holder.IsAs(_holder) && !jumped ? since
            : now;
        _holder = holder;
    }

    private bool MayTakeOverLocked() => _answeringSince is { } since && time.GetElapsedTime(since) >= leaseTtl
        && _clocks is { } last && time.GetElapsedTime(last.At) < leaseTtl;
}
