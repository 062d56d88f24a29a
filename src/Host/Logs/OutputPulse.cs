using Microsoft.Win32.SafeHandles;
using Runner.Actors.FlowRunners;
using Runner.Client;
using Runner.Host.Http;

namespace Runner.Host.Logs;

/// <summary>
/// Notices that programs have written, for all followers together: each file that somebody follows is looked at once, however many do, and
/// only who follows it is woken. The more follow, the longer the interval: so many wake-ups a second and no more. Thread-safe.
/// </summary>
internal sealed class OutputPulse : IDisposable
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PerFollower = TimeSpan.FromMicroseconds(100);

    private readonly OutputFiles _files;
    private readonly Lock _gate = new();
    private readonly Dictionary<(Guid Run, int Attempt), Followed> _followed = [];
    private readonly ITimer _timer;
    private int _followers;
    private bool _disposed;

    public OutputPulse(OutputFiles files, TimeProvider time)
    {
        _files = files;
        _timer = time.CreateTimer(static state => ((OutputPulse)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Stirs the watch whenever the attempt's output has grown, until what is returned is disposed of.</summary>
    public IDisposable Join(RunWatch watch, int attempt)
    {
        lock (_gate)
        {
            var key = (watch.Run, attempt);
            if (!_followed.TryGetValue(key, out var followed))
            {
                _followed[key] = followed = new Followed(
                    new Growing(_files.PathOf(watch.Run, attempt, LogStream.Stdout)),
                    new Growing(_files.PathOf(watch.Run, attempt, LogStream.Stderr)));
            }

            followed.Watches.Add(watch);
            if (++_followers == 1)
            {
                _timer.Change(Shortest, Timeout.InfiniteTimeSpan);
            }
        }

        return new Membership(this, watch, attempt);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer.Dispose();
            foreach (var followed in _followed.Values)
            {
                followed.Close();
            }

            _followed.Clear();
        }
    }

    private void Leave(RunWatch watch, int attempt)
    {
        lock (_gate)
        {
            if (!_disposed && _followed.TryGetValue((watch.Run, attempt), out var followed) && followed.Watches.Remove(watch))
            {
                _followers--;
                if (followed.Watches.Count == 0)
                {
                    followed.Close();
                    _followed.Remove((watch.Run, attempt));
                }
            }
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_disposed || _followers == 0)
            {
                return;
            }

            foreach (var followed in _followed.Values)
            {
                // Both are looked at: each remembers its own length.
                if (followed.Stdout.HasGrown() | followed.Stderr.HasGrown())
                {
                    followed.Watches.ForEach(static w => w.Stir());
                }
            }

            var interval = PerFollower * _followers;
            _timer.Change(interval > Shortest ? interval : Shortest, Timeout.InfiniteTimeSpan);
        }
    }

    private sealed record Followed(Growing Stdout, Growing Stderr)
    {
        public List<RunWatch> Watches { get; } = [];

        public void Close()
        {
            Stdout.Dispose();
            Stderr.Dispose();
        }
    }

    /// <summary>A file that may appear later.</summary>
    private sealed class Growing(string path) : IDisposable
    {
        private SafeFileHandle? _file;
        private long _length = -1;
        private bool _replaced;

        /// <summary>Since the last call; the first time it is there, too.</summary>
        public bool HasGrown()
        {
            if (_replaced)
            {
                return false;
            }

            try
            {
                _file ??= ProgramFile.Open(path);
                var length = _file is null ? -1 : RandomAccess.GetLength(_file);
                var grown = length != _length;
                _length = length;
                return grown;
            }
            catch (ReplacedFileException)
            {
                // Nothing comes of it any more, but this once its readers are to see it.
                return _replaced = true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Those who read it look themselves, and say what is wrong with it to whoever asked.
                return true;
            }
        }

        public void Dispose() => _file?.Dispose();
    }

    private sealed class Membership(OutputPulse pulse, RunWatch watch, int attempt) : IDisposable
    {
        public void Dispose() => pulse.Leave(watch, attempt);
    }
}
