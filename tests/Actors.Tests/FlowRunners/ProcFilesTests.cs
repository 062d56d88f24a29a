using System.Text;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRunners.Linux;

namespace Runner.Actors.Tests.FlowRunners;

public sealed class ProcFilesTests
{
    private const string Run = "0192f000-0000-7000-8000-00000000abcd";

    [Fact]
    public void A_programs_name_may_hold_anything_without_disturbing_the_other_fields()
    {
        var line = "12 (a) R 1 (b)) S 3 4 5 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 2 0 99 1 1 18446744073709551615 "
            + "1 1 1 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 256\n";
        Assert.Equal(new ProcessStat('S', 3, 4, 5, 2, 99, 256, Flags: 4194560), ProcFiles.ParseStat(Encoding.ASCII.GetBytes(line)));
    }

    [Theory]
    [InlineData($"RUNNER_RUN_ID={Run}\0RUNNER_ATTEMPT=2\0", true)]
    [InlineData($"A=b\0RUNNER_ATTEMPT=2\0RUNNER_RUN_ID={Run}\0", true)]
    [InlineData($"XRUNNER_RUN_ID=1\0RUNNER_RUN_ID={Run}\0RUNNER_ATTEMPT=2", true)]
    [InlineData($"RUNNER_RUN_ID={Run}\0", false)]
    [InlineData($"XRUNNER_RUN_ID={Run}\0RUNNER_ATTEMPT=2\0", false)]
    [InlineData("RUNNER_RUN_ID=me\0RUNNER_ATTEMPT=2\0", false)]
    [InlineData("", false)]
    public void A_process_belongs_to_the_attempt_its_environment_names(string environment, bool belongs)
    {
        Assert.Equal(belongs ? new AttemptKey(Guid.Parse(Run), 2) : null, ProcFiles.ParseMark(Encoding.UTF8.GetBytes(environment))?.Key);
    }
}
