using Xunit.Abstractions;

namespace Runner.Persistence.Tests.Journal;

/// <summary>What a journal over a store has to do, whichever the two are. The parts stand in the files beside this one, by subject.</summary>
public abstract partial class JournalConformance(ITestOutputHelper output) : JournalFixture(output);
