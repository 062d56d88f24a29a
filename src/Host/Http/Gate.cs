namespace Runner.Host.Http;

/// <summary>Lets so many in at once and no more. Thread-safe.</summary>
internal sealed class Gate(int most)
{
    private int _inside;

    public int Most => most;

    /// <summary>How many are inside now.</summary>
    public int Inside => Volatile.Read(ref _inside);

    /// <returns>Whether there was room; who got in has to <see cref="Leave"/>.</returns>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _inside) <= most)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _inside);
}
