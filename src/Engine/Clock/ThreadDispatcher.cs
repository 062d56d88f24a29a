using System.Collections.Concurrent;

namespace Runner.Engine.Clock;

/// <summary>A few threads of their own that take work from one queue, first in, first out.</summary>
/// <remarks>
/// Waking a thread costs more than a hundred messages, so a thread is woken only when none is awake to take the work. Background
/// threads that live as long as the process.
/// </remarks>
internal sealed class ThreadDispatcher : IDispatcher
{
    private const int DefaultThroughput = 100;

    private readonly ConcurrentQueue<IThreadPoolWorkItem> _queue = new();
    private readonly object _gate = new();
    private volatile int _asleep;
    private int _woken;

    public ThreadDispatcher(int threads)
    {
        for (var i = 0; i < threads; i++)
        {
            new Thread(Run) { IsBackground = true, Name = $"actors-{i}" }.Start();
        }
    }

    public int Throughput => DefaultThroughput;

    public void Execute(IThreadPoolWorkItem work)
    {
        _queue.Enqueue(work);
        // Orders the enqueuing before the look at who sleeps; a sleeper announces itself before its last look at the queue.
        Interlocked.MemoryBarrier();
        if (_asleep > 0)
        {
            Wake();
        }
    }

    private void Wake()
    {
        lock (_gate)
        {
            if (_asleep > 0)
            {
                _asleep--;
                _woken++;
                Monitor.Pulse(_gate);
            }
        }
    }

    private void Run()
    {
        while (true)
        {
            while (_queue.TryDequeue(out var work))
            {
                work.Execute();
            }

            Sleep();
        }
    }

    private void Sleep()
    {
        lock (_gate)
        {
            _asleep++;
            Interlocked.MemoryBarrier();
            if (!_queue.IsEmpty)
            {
                _asleep--;
                return;
            }

            // Not a semaphore: that spins before it blocks, and the programs that run here need the processors.
            while (_woken == 0)
            {
                Monitor.Wait(_gate);
            }

            _woken--;
        }
    }
}
