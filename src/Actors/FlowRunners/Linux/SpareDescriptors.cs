using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// Descriptors kept back, so that a program that has just been started can be watched and its end be read even when the rest of the node has
/// used up all others. A start waits until they are all there, and a few more: a runtime that has none left cannot start a thread, and ends
/// the whole process for it. Thread-safe.
/// </summary>
/// <param name="source">An open descriptor to copy.</param>
internal sealed class SpareDescriptors(int source, int count) : IDisposable
{
    /// <summary>Free ones that a start leaves to the rest of the process: what it opens in a moment, between two starts.</summary>
    private const int ForTheOthers = 24;

    private readonly long _most = OpenFilesLimit();
    private readonly Lock _gate = new();
    private readonly Stack<int> _held = new(count);
    private volatile bool _full;
    private bool _disposed;

    /// <summary>Whether all are there, after taking back what is missing, and others are free.</summary>
    public bool Fill() => (_full || TakeBack()) && OthersAreFree();

    /// <summary>A new descriptor is the lowest that is free.</summary>
    private bool OthersAreFree()
    {
        var lowest = Duplicate(source);
        if (lowest >= 0)
        {
            _ = Close(lowest);
        }

        return lowest >= 0 && lowest < _most - ForTheOthers;
    }

    private bool TakeBack()
    {
        lock (_gate)
        {
            while (!_disposed && _held.Count < count && Duplicate(source) is >= 0 and var fd)
            {
                _held.Push(fd);
            }

            return _full = _held.Count == count;
        }
    }

    /// <summary>Frees them for whoever needs one now.</summary>
    public void GiveUp()
    {
        lock (_gate)
        {
            _full = false;
            while (_held.TryPop(out var fd))
            {
                _ = Close(fd);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        GiveUp();
    }
}
