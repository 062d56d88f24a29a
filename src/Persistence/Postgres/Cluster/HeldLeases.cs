namespace Runner.Persistence.Postgres.Cluster;

/// <summary>
/// The leases that this node has, and a thread that looks whether they are renewed in time: its own, so that it also does when everything else
/// waits for the database. Time is counted from when a request was sent that the database granted; while <c>standing</c> says so it stands.
/// </summary>
internal sealed class HeldLeases : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5);

    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _closing = new();
    private readonly Dictionary<string, HeldLease> _held = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly TimeSpan _length;
    private readonly TimeSpan _grace;
    private readonly Func<bool> _standing;
    private readonly Action _goesOn;
    private readonly Func<HeldLease, Exception> _reason;
    private readonly Action<HeldLease, Exception> _lost;
    private readonly long _began;
    private readonly Thread _thread;
    private TimeSpan _stood;
    private TimeSpan? _answeredUntil;
    private TimeSpan? _lostAt;
    private long _looked;
    private bool _stands;
    private bool _graced;

    /// <param name="length">For how long after it was sent a request that was granted holds.</param>
    /// <param name="grace">What each lease has left at least when time goes on after it stood.</param>
    /// <param name="standing">Asked at each look whether time stands.</param>
    /// <param name="goesOn">Called when time goes on after it stood.</param>
    /// <param name="reason">Why a lease is lost whose deadline is over.</param>
    /// <param name="lost">Tells of a lease that is lost.</param>
    public HeldLeases(
        TimeProvider time, TimeSpan length, TimeSpan grace, Func<bool> standing, Action goesOn, Func<HeldLease, Exception> reason,
        Action<HeldLease, Exception> lost)
    {
        (_time, _length, _grace, _standing, _goesOn, _reason, _lost) = (time, length, grace, standing, goesOn, reason, lost);
        _began = _looked = time.GetTimestamp();
        _thread = new Thread(Run) { Name = "leases", IsBackground = true };
        _thread.Start();
    }

    /// <summary>
    /// Whether a lease that was renewed whenever the database answered would have been held without a break for the time of one: who is told that one
    /// is lost ends what needed it, which takes a moment. Before the first answer it is true.
    /// </summary>
    public bool AreInTime
    {
        get
        {
            lock (_lock)
            {
                TimeSpan now = NowLocked();
                return !(now - _lostAt < _length) && !(_answeredUntil <= now) && _held.Values.All(lease => lease.Deadline > now);
            }
        }
    }

    public HeldLease[] All()
    {
        lock (_lock)
        {
            return [.. _held.Values];
        }
    }

    /// <summary>A lease was acquired; false if its time was over before this node heard of it.</summary>
    /// <param name="sent">When the request was sent, by the clock's timestamps.</param>
    public bool Add(HeldLease lease, long sent)
    {
        lock (_lock)
        {
            lease.Deadline = DeadlineLocked(sent);
            if (lease.Deadline <= NowLocked())
            {
                return false;
            }

            _held[lease.Name] = lease;
            return true;
        }
    }

    public bool Holds(string name, string owner)
    {
        lock (_lock)
        {
            return _held.TryGetValue(name, out HeldLease? lease) && lease.Owner == owner && lease.Deadline > NowLocked();
        }
    }

    /// <summary>A lease is not held any more, and nobody is told.</summary>
    public void Remove(string name, string owner)
    {
        lock (_lock)
        {
            if (_held.TryGetValue(name, out HeldLease? lease) && lease.Owner == owner)
            {
                _held.Remove(name);
            }
        }
    }

    /// <summary>All leases of an owner are not held any more, of everybody for null, and nobody is told.</summary>
    public void RemoveAll(string? owner)
    {
        lock (_lock)
        {
            foreach (HeldLease lease in _held.Values.Where(lease => owner is null || lease.Owner == owner).ToArray())
            {
                _held.Remove(lease.Name);
            }
        }
    }

    /// <summary>The database has answered a renewal.</summary>
    /// <param name="asked">What was to be renewed.</param>
    /// <param name="renewed">The names of those that were.</param>
    /// <param name="sent">When the request was sent, by the clock's timestamps.</param>
    /// <param name="reason">Why those are lost that were not.</param>
    public void Renewed(HeldLease[] asked, HashSet<string> renewed, long sent, Func<HeldLease, Exception> reason)
    {
        List<HeldLease> lost = [];
        lock (_lock)
        {
            _graced = false;
            TimeSpan deadline = DeadlineLocked(sent);
            LookAtAnswersLocked();
            _answeredUntil = deadline > _answeredUntil || _answeredUntil is null ? deadline : _answeredUntil;
            foreach (HeldLease lease in asked.Where(IsHeld))
            {
                if (renewed.Contains(lease.Name))
                {
                    lease.Deadline = deadline > lease.Deadline ? deadline : lease.Deadline;
                }
                else
                {
                    _held.Remove(lease.Name);
                    lost.Add(lease);
                }
            }

            LostLocked(lost);
        }

        lost.ForEach(lease => _lost(lease, reason(lease)));
    }

    /// <summary>Ends the thread. Not to be called from what it calls.</summary>
    public void Dispose()
    {
        _closing.Set();
        _thread.Join();
        _closing.Dispose();
    }

    private void Run()
    {
        while (!_closing.Wait(Pause()))
        {
            bool stands = _standing();
            if (Look(stands, out List<HeldLease> lost))
            {
                _goesOn();
            }

            lost.ForEach(lease => _lost(lease, _reason(lease)));
        }
    }

    // Until the next deadline, if that is before the next look.
    private TimeSpan Pause()
    {
        lock (_lock)
        {
            TimeSpan now = NowLocked();
            TimeSpan pause = _held.Values.Aggregate(LookEvery, (least, lease) => lease.Deadline - now < least ? lease.Deadline - now : least);
            return _stands ? LookEvery : pause < Shortest ? Shortest : pause;
        }
    }

    // Whether time goes on after it stood.
    private bool Look(bool stands, out List<HeldLease> lost)
    {
        lock (_lock)
        {
            long now = _time.GetTimestamp();
            TimeSpan passed = _time.GetElapsedTime(_looked, now);
            if (_stands && passed <= _length / 4)
            {
                _stood += passed;
            }

            _looked = now;
            bool goesOn = _stands && !stands;
            TimeSpan counted = NowLocked();
            if (goesOn && !_graced)
            {
                // The database is back, or was never away from all: who held until now may renew first. Once, until it has answered.
                _graced = true;
                foreach (HeldLease lease in _held.Values.Where(lease => lease.Deadline > counted && lease.Deadline < counted + _grace))
                {
                    lease.Deadline = counted + _grace;
                }

                _answeredUntil = _answeredUntil > counted && _answeredUntil < counted + _grace ? counted + _grace : _answeredUntil;
            }

            _stands = stands;
            lost = [.. _held.Values.Where(lease => lease.Deadline <= counted)];
            lost.ForEach(lease => _held.Remove(lease.Name));
            LostLocked(lost);
            LookAtAnswersLocked();
            return goesOn;
        }
    }

    private void LookAtAnswersLocked()
    {
        TimeSpan now = NowLocked();
        _lostAt = _answeredUntil <= now ? now : _lostAt;
    }

    private void LostLocked(List<HeldLease> lost) => _lostAt = lost.Count > 0 ? NowLocked() : _lostAt;

    private bool IsHeld(HeldLease lease) => _held.TryGetValue(lease.Name, out HeldLease? held) && ReferenceEquals(held, lease);

    // While the request was under way no time stood: the database counts from when it came.
    private TimeSpan DeadlineLocked(long sent) => NowLocked() - _time.GetElapsedTime(sent) + _length;

    // The time that has been counted. Where two looks lie further apart the process itself was stopped: nobody knows what others saw
    // meanwhile, and it counts.
    private TimeSpan NowLocked()
    {
        long now = _time.GetTimestamp();
        TimeSpan since = _time.GetElapsedTime(_looked, now);
        return _time.GetElapsedTime(_began, now) - _stood - (_stands && since <= _length / 4 ? since : TimeSpan.Zero);
    }
}
