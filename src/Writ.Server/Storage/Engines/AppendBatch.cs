namespace Writ.Server.Storage;

/// <summary>
/// Writes a batch of audit records with their claims in one transaction. The log's lock is taken first: what is read
/// behind it, no other replica changes before the commit, and two batches cannot wait for each other in a circle.
/// A crash before the commit leaves nothing; after it, everything; an entry whose caller saw no answer is a record of
/// something that was not handed out.
/// </summary>
internal static class AppendBatch
{
    public static async Task<AppendResult> RunAsync(StoreTransaction tx, IReadOnlyList<AppendEntry> entries)
    {
        var states = new State[entries.Count];
        for (var i = 0; i < states.Length; i++) states[i] = new State(entries[i]);

        var facts = await tx.LockLogAsync(SubjectsOf(states));
        DropStale(states, facts);
        await TakeOnceAsync(tx, states);
        var effects = await ApplyEffectsAsync(tx, states);
        // An effect may have ended the very task that an entry beside it rests on.
        RequireOpenTasks(states, effects ? await tx.OpenTasksAsync(TasksOf(states)) : facts.OpenTasks);
        await OpenTasksAsync(tx, states);
        await WriteRecordsAsync(tx, states);
        return new AppendResult(Array.ConvertAll(states, s => s.Outcome!), tx.RegistryChanged);
    }

    private sealed class State(AppendEntry entry)
    {
        public AppendEntry Entry => entry;
        public ClaimFailure? Failure { get; set; }
        public AppendOutcome? Outcome { get; set; }
        public IReadOnlyList<RevocationRow> Revocations { get; set; } = [];
        public bool Alive => Outcome is null && Failure is null;
        public bool HasEffects { get; } = entry.Claims.Any(c => c is Claim.Effect);
        public bool RestsOnFacts => entry.Claims.Any(c => c is Claim.RegistryCurrent or Claim.PrincipalCurrent);
    }

    private static ClaimSubjects SubjectsOf(State[] states)
    {
        var principals = new HashSet<string>(StringComparer.Ordinal);
        var registry = false;
        foreach (var state in states)
            foreach (var claim in state.Entry.Claims)
            {
                if (claim is Claim.PrincipalCurrent p) principals.Add(p.Id);
                registry |= claim is Claim.RegistryCurrent;
            }
        return new ClaimSubjects(principals, TasksOf(states), registry);
    }

    private static HashSet<string> TasksOf(State[] states)
    {
        var tasks = new HashSet<string>(StringComparer.Ordinal);
        foreach (var state in states)
            foreach (var claim in state.Entry.Claims)
                if (claim is Claim.TaskOpen open) tasks.Add(open.TaskId);
                else if (claim is Claim.OpenTask { Task: var task }) tasks.UnionWith(task.Above);
        return tasks;
    }

    private static void DropStale(State[] states, ClaimFacts facts)
    {
        foreach (var state in states)
            foreach (var claim in state.Entry.Claims)
            {
                var stale = claim switch
                {
                    Claim.PrincipalCurrent p =>
                        !facts.PrincipalVersions.TryGetValue(p.Id, out var v) || v != p.Version,
                    Claim.RegistryCurrent r => r.Version != facts.RegistryVersion,
                    _ => false,
                };
                if (stale) state.Outcome = AppendOutcome.Stale.Instance;
            }
    }

    private static async Task TakeOnceAsync(StoreTransaction tx, State[] states)
    {
        List<(State State, Claim.Once Once)>? values = null;
        foreach (var state in states)
        {
            if (!state.Alive) continue;
            foreach (var claim in state.Entry.Claims)
                if (claim is Claim.Once once) (values ??= []).Add((state, once));
        }
        if (values is null) return;
        // In the order of their entries: of two requests that are the same in all their values, the first takes all
        // of them.
        var order = values.ConvertAll(v => v.Once);
        var taken = await tx.InsertOnceAsync(order);
        if (!Array.Exists(taken, t => !t)) return;
        var refused = order.Where((_, i) => !taken[i]).ToHashSet(ReferenceEqualityComparer.Instance);
        foreach (var (state, once) in values)
            if (refused.Contains(once)) state.Failure ??= once.IfTaken; // of two, the claim that came first
    }

    /// <summary>
    /// Whether anything was tried. What changes a fact that others in the batch were decided on cannot share it with
    /// them: a lock would miss the tasks that open beside it. It is found out here, and then nothing is written.
    /// </summary>
    private static async Task<bool> ApplyEffectsAsync(StoreTransaction tx, State[] states)
    {
        var tried = false;
        List<AppendEntry>? apart = null;
        foreach (var state in states)
        {
            if (!state.Alive || !state.HasEffects) continue;
            RequireOpenTasks([state], await tx.OpenTasksAsync(TasksOf([state])));
            if (!state.Alive) continue;
            tried = true;
            await tx.SaveAsync();
            var before = tx.Revocations.Count;
            var changed = tx.RegistryChanged;
            tx.RegistryChanged = false;
            state.Failure = await ApplyAsync(tx, state.Entry);
            var moves = tx.RegistryChanged && state.Failure is null
                && Array.Exists(
                    states, s => s != state && s.Alive && s.RestsOnFacts && apart?.Contains(s.Entry) != true);
            if (moves) (apart ??= []).Add(state.Entry);
            if (state.Failure is null && !moves)
            {
                await tx.ReleaseAsync();
                tx.RegistryChanged |= changed;
                state.Revocations = [.. tx.Revocations.Skip(before)];
            }
            else
            {
                tx.ForgetRevocationsAfter(before);
                tx.RegistryChanged = changed; // nothing of it stands
                await tx.RollBackToSavedAsync();
            }
        }
        return apart is null ? tried : throw new NotTogetherException(apart);
    }

    private static async Task<ClaimFailure?> ApplyAsync(StoreTransaction tx, AppendEntry entry)
    {
        try
        {
            foreach (var claim in entry.Claims)
                if (claim is Claim.Effect effect && await effect.Apply(tx) is { } failure) return failure;
            return null;
        }
#pragma warning disable CA1031 // Whatever it is: the log must know whose it was, to write the others without it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            throw new EffectFailedException(entry, e);
        }
    }

    private static void RequireOpenTasks(State[] states, IReadOnlySet<string> open)
    {
        foreach (var state in states)
            foreach (var claim in state.Entry.Claims)
            {
                var holds = claim switch
                {
                    Claim.TaskOpen task => open.Contains(task.TaskId),
                    // All above it, not only the next: the end of a tree does not mark all that opened with a token.
                    Claim.OpenTask { Task: var task } => open.IsSupersetOf(task.Above),
                    _ => true,
                };
                if (state.Alive && !holds) state.Failure = ClaimFailure.TaskEnded;
            }
    }

    private static async Task OpenTasksAsync(StoreTransaction tx, State[] states)
    {
        List<TaskRow>? tasks = null;
        foreach (var state in states)
        {
            if (!state.Alive) continue;
            foreach (var claim in state.Entry.Claims)
                if (claim is Claim.OpenTask open) (tasks ??= []).Add(open.Task);
        }
        if (tasks is not null) await tx.InsertTasksAsync(tasks);
    }

    private static async Task WriteRecordsAsync(StoreTransaction tx, State[] states)
    {
        var written = Array.FindAll(states, s => s.Outcome is null);
        if (written.Length == 0) return;
        var records = Array.ConvertAll(written, s => s.Failure is { } f ? s.Entry.Refusal(f) : s.Entry.Record);
        var first = await tx.InsertRecordsAsync(records);
        // Until this transaction held the log's lock other replicas went on issuing. What dies up to a moment dies up
        // to that moment as of now, not as of the transaction's beginning.
        var late = tx.Elapsed;
        var revocations = new List<RevocationRow>();
        for (var i = 0; i < written.Length; i++)
        {
            var index = first + i;
            var own = written[i].Revocations.Select((r, n) => r with
            {
                Idx = index,
                N = n,
                IssuedBefore = Math.Min(Instant.MaxMicros, r.IssuedBefore + late),
            }).ToArray();
            revocations.AddRange(own.Where(r => !r.IsKnown));
            written[i].Outcome = new AppendOutcome.Written(index, written[i].Failure, own);
        }
        if (revocations.Count > 0) await tx.InsertRevocationsAsync(revocations);
        if (tx.RegistryChanged)
            await tx.ExecuteAsync("UPDATE registry_version SET version = version + 1 WHERE id = 1");
        if (tx.RegistryChanged || revocations.Count > 0) await tx.AnnounceAsync();
    }
}

/// <summary>These entries must each be written alone, behind the others. Nothing was written.</summary>
internal sealed class NotTogetherException(IReadOnlyList<AppendEntry> entries)
    : Exception("An entry changes what others of its batch rest on.")
{
    public IReadOnlyList<AppendEntry> Entries => entries;
}

/// <summary>An effect threw: a bug, or a store that went away just then. The transaction is rolled back whole; the
/// entries beside it may be written without it.</summary>
internal sealed class EffectFailedException(AppendEntry entry, Exception inner)
    : Exception($"An effect failed: {inner.Message}", inner)
{
    public AppendEntry Entry => entry;
}
