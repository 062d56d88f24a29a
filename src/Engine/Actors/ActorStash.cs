namespace Runner.Engine.Actors;

internal sealed class ActorStash(ActorCell cell) : IStash
{
    private Envelope? _first;
    private Envelope? _last;
    private Envelope? _lastStashed;

    public int Count { get; private set; }

    public void Stash()
    {
        if (cell.CurrentEnvelope is not { } envelope)
        {
            throw new InvalidOperationException("There is no current message to stash.");
        }

        if (envelope == _lastStashed)
        {
            throw new InvalidOperationException($"The current message ({envelope.Message.GetType().Name}) is stashed already.");
        }

        if (Count >= cell.StashCapacity)
        {
            throw new StashOverflowException(cell, cell.StashCapacity);
        }

        _lastStashed = envelope;
        Append(new Envelope(envelope.Message, envelope.Sender));
        Count++;
    }

    public void UnstashAll()
    {
        if (_first is not null && _last is not null)
        {
            cell.PutInFront(_first, _last);
        }

        _first = null;
        _last = null;
        _lastStashed = null;
        Count = 0;
    }

    private void Append(Envelope envelope)
    {
        if (_last is null)
        {
            _first = envelope;
        }
        else
        {
            _last.Next = envelope;
        }

        _last = envelope;
    }
}
