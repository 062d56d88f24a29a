namespace Runner.Engine.Clock;

internal sealed class ThreadPoolDispatcher : IDispatcher
{
    private const int DefaultThroughput = 100;

    public int Throughput => DefaultThroughput;

    // The shared queue is first in, first out; a worker's own queue is last in, first out and would let one busy actor starve others.
    public void Execute(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
}
