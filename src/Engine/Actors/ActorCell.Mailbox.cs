namespace Runner.Engine.Actors;

/// <content>Taking from the mailbox, and its way to and from idle.</content>
internal sealed partial class ActorCell
{
    internal void PutInFront(Envelope first, Envelope last)
    {
        last.Next = _batch;
        _batch = first;
        if (_extras is not null)
        {
            _extras.HeldTail = null;
        }
    }

    private Envelope? NextEnvelope()
    {
        if (_suspendCount > 0)
        {
            HoldIncoming();
            return null;
        }

        var envelope = _batch;
        if (envelope is null)
        {
            if (Volatile.Read(ref _head) is null)
            {
                return null;
            }

            envelope = Reverse(Interlocked.Exchange(ref _head, null)!);
        }

        _batch = envelope.Next;
        envelope.Next = null;
        return envelope;
    }

    // Suspended: messages move behind the held batch, so that the mailbox can go idle and only system messages wake the actor for long.
    private void HoldIncoming()
    {
        var newest = Interlocked.Exchange(ref _head, null);
        if (newest is null)
        {
            return;
        }

        var oldest = Reverse(newest);
        if (_batch is null)
        {
            _batch = oldest;
        }
        else
        {
            var tail = Extras.HeldTail ?? _batch;
            while (tail.Next is not null)
            {
                tail = tail.Next;
            }

            tail.Next = oldest;
        }

        Extras.HeldTail = newest;
    }

    // True when the turn is over; false when there is more to do in it.
    private bool TryGoIdle()
    {
        if (Interlocked.CompareExchange(ref _head, Idle, null) is not null)
        {
            return false;
        }

        // A system message may have come after the last look and before Idle could be seen; its sender and this turn race to take it.
        return Volatile.Read(ref _systemHead) is null || Interlocked.CompareExchange(ref _head, null, Idle) != Idle;
    }

    private void TryLeaveIdle()
    {
        if (Volatile.Read(ref _head) == Idle && Interlocked.CompareExchange(ref _head, null, Idle) == Idle)
        {
            Schedule();
        }
    }

    private static Envelope Reverse(Envelope newest)
    {
        Envelope? result = null;
        for (Envelope? envelope = newest; envelope is not null;)
        {
            var next = envelope.Next;
            envelope.Next = result;
            result = envelope;
            envelope = next;
        }

        return result!;
    }

    private static SystemMessage? ReverseSystem(SystemMessage? newest)
    {
        SystemMessage? result = null;
        while (newest is not null)
        {
            var next = newest.Next;
            newest.Next = result;
            result = newest;
            newest = next;
        }

        return result;
    }
}
