using System.Runtime.InteropServices;

namespace Runner.Actors.Tests;

/// <summary>What work costs, however busy the machine is with other things.</summary>
internal static class ThreadTime
{
    private static readonly int CLOCK_THREAD_CPUTIME_ID = OperatingSystem.IsMacOS() ? 16 : 3;

    /// <summary>The processor time that this thread has had.</summary>
    public static TimeSpan Used
    {
        get
        {
            Assert.Equal(0, ClockGetTime(CLOCK_THREAD_CPUTIME_ID, out var time));
            return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000.0);
        }
    }

    [DllImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ClockGetTime(int clock, out Time time);

    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
