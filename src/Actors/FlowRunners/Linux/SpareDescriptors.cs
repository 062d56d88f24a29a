using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// Descriptors kept back, so that a program that has just been started can be watched and its end be read even when the rest of the node has
/// used up all others. A start waits until they are all there. Thread-safe.
/// </summary>
/// <param name="source">An open descriptor to copy.</param>
internal sealed class SpareDescriptors(int source, int count) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Stack<int> _held = new(count);
    private volatile bool _full;
    private bool _disposed;

    /// <summary>Whether all are there, after taking back what is missing.</summary>
    public bool Fill()
    {
        if (_full)
        {
            return true;
        }

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
