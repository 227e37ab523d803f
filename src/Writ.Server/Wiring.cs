using Writ.Protocol;
using Writ.Server.Access;
using Writ.Server.Access.Deciders;
using Writ.Server.Acts;
using Writ.Server.Approvals;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Governance;
using Writ.Server.Inventory;
using Writ.Server.Keys;
using Writ.Server.Policies;
using Writ.Server.Policies.Sources;
using Writ.Server.Records;
using Writ.Server.Retention;
using Writ.Server.Revocations;
using Writ.Server.Signing;
using Writ.Server.Simulation;
using Writ.Server.Storage;
using Writ.Server.Tasks;
using Writ.Server.Tokens;
using Writ.Server.Tokens.Grants;
using Writ.Server.Transparency;

namespace Writ.Server;

/// <summary>
/// The composition root: every room made by hand, each from those above it. It is the dependency graph.
/// </summary>
public sealed class Wiring : IAsyncDisposable
{
    private readonly Secrets _secrets; // owned
    private readonly TraceExport? _export; // owned; null: nothing is sent

    private Wiring(Settings settings, Database database, TimeProvider time, ILoggerFactory logs, Secrets secrets)
    {
        Settings = settings;
        Database = database;
        Time = time;
        _secrets = secrets;

        // floor
        Ids = new IdSource(time);
        Registry = new Registry(database, settings.Issuer);
        Tasks = new TaskStore(database);
        var records = new RecordStore(database);
        var indexer = new RecordIndexer(database);

        // spine
        Keys = new SigningKeys(database, secrets.Encryption, time);
        var revoked = new RevocationSet();
        revoked.Reset(secrets.Shared.FeedEpoch, 0);
        Nonces = new DpopNonces(secrets.Shared.NonceKey, settings.NonceLife, time);
        var readyKeys = new VerificationKeyCache();
        Callers = new CallerAuthenticator(settings, Registry, readyKeys, Nonces, time);
        TokenCallers = new TokenCallers(settings, Registry, Keys, revoked, Callers, time);
        var issuers = settings.UserIssuers.Select(issuer => new TrustedIssuer(issuer, secrets.Http, time));
        var users = new UserTokens(settings, [.. issuers], time);
        var policyStore = new PolicyStore(database);
        Policies = new PolicyShelf(policyStore, time);
        var budget = new QuestionBudget(settings, time);
        Decisions = new DecisionPoint(settings, secrets.Opa is { } opa
            ? new OpaEngine(opa, settings.Opa!)
            : new EmbeddedEngine(time), budget);
        var issued = new IssuedHere(new RecentUses(time), new LiveTokens(records, time, settings.MaxLiveTokens));
        Facts = new FactSource(settings, Registry, Policies, revoked, issued, time);
        Audit = new AuditLog(database, time);
        Audit.Committed += Telemetry.Committed;
        Audit.Recorded += Telemetry.Recorded;
        Audit.Issued += issued.Recent.CountToken;
        Audit.Issued += issued.Live.Count;
        Audit.Denied += issued.Recent.CountRefusal;
        Audit.Weighed += budget.ChargeBytes;
        Failures = new FailureCounter(Audit, time, settings.MaxRefusals);
        Revocations = new RevocationState(database, Audit, revoked, time, settings.Freshness);
        RevocationLog = new RevocationLog(settings);
        Redecision = new Redecision(
            database, new RedecisionParts(Registry, records, indexer, revoked, Facts, Decisions), Audit, RevocationLog,
            time);
        Feed = new RevocationFeed(Revocations, database, Registry, Keys, settings, time);
        Watch = new StoreWatch(database, Revocations, Registry, Keys, time, logs.CreateLogger("Writ.Store"));
        Audit.Changed += Registry.Invalidate;
        if (secrets.Log is { } away)
        {
            var sink = new OpaDecisionLog(away, settings.DecisionLog!, settings.TrustDomain.ToString()).AsSink();
            DecisionLog = new Carrier(database, sink, time, logs.CreateLogger("Writ.Sinks"));
            Telemetry.Observe(
                "writ.decision.log.missing", "Records that the receiver of decision logs has not taken.",
                () => DecisionLog.Missing);
            Telemetry.Observe(
                "writ.decision.log.age", "Age of the oldest of them, in seconds.", () => DecisionLog.AgeSeconds);
        }
        Sinks = new SinkSet(settings, database, Audit, time, logs.CreateLogger("Writ.Sinks"));
        Sinks.Observe(Telemetry);
        var signer = new Signer(Keys);
        Rotation = new KeyRotation(database, Keys, Audit, time);
        var approvals = new ApprovalStore(database);
        var hands = new ApprovalHands(Registry, Tasks, time);
        var requests = new ApprovalRequests(settings, approvals, Registry, hands, Ids);
        var rooms = new ActRooms(
            settings, TokenCallers, Facts, Decisions, Audit, Failures, budget, requests, Revocations);
        var attempts = new Attempts(Registry, Audit, isHeld: settings.Opa is null);
        Acts = new ActRoad(rooms, attempts, Ids);

        // slices
        var implicitTasks = new ImplicitTasks(settings, Ids, time);
        var parts = new ExchangeParts(Registry, Ids, readyKeys);
        var refresh = new RefreshTokens(settings, time);
        var refreshTokens = new RefreshTokenStore(database);
        var grants = GrantTable(
            new ClientCredentialsGrant(Tasks, Facts, implicitTasks, Ids),
            new TokenExchangeGrant(
                new OwnTokenExchange(settings, TokenCallers, Tasks, Facts, implicitTasks, parts),
                new UserTokenExchange(users, Tasks, Facts, implicitTasks, refresh, Ids)),
            new RefreshTokenGrant(refreshTokens, Tasks, Facts, refresh, RevocationLog, parts));
        Metadata = new MetadataEndpoints(settings, Keys, grants);
        var refusals = new RefusalLog(Audit, Failures);
        var road = new TokenRoad(settings, Callers, grants, Decisions, Audit, requests, Revocations, Keys, signer);
        Token = new TokenEndpoint(road, refusals, attempts);
        var access = new ClientAccess(settings, Callers, TokenCallers, time);
        Introspection = new IntrospectionEndpoint(TokenCallers, Revocations, access, refusals, Audit, Telemetry);
        Revocation = new RevocationEndpoint(
            road, new RevocationParts(TokenCallers, refreshTokens, RevocationLog, Facts, Ids), access, refusals,
            attempts);
        var inquiries = new Inquiries(Facts, Tasks, Ids);
        var identities = new IdentityStore(database);
        Evaluation = new EvaluationEndpoint(Acts, inquiries);
        Evaluations = new EvaluationsEndpoint(Acts, Evaluation, new Evaluator(rooms, attempts, inquiries));
        Searches = new SearchEndpoint(
            Acts, inquiries, new Search(new Candidates(identities, time), Facts, Decisions, budget, time),
            new PageTokens(secrets.Shared.NonceKey));
        Data = new DataEndpoint(Acts, inquiries, settings, budget, time);
        AccessMetadata = new AccessMetadata(settings);
        Bundle = new BundleEndpoint(
            new BundleFacts(identities, new RiskSignalStore(database), time), Policies, Keys, revoked, settings);
        Reports = new ReportEndpoint(budget);
        var streams = new StreamAccess(TokenCallers, Registry, time);
        FeedEndpoint = new FeedEndpoint(Feed, streams, settings);
        TaskEndpoints = new TaskEndpoints(
            Tasks, new TaskLookups(settings, Registry, Facts), users, RevocationLog,
            new TaskTrees(Tasks, records, indexer, revoked, time), Ids);

        // inventory
        var principals = new PrincipalNames(settings, Registry);
        var keyReader = new KeyReader(settings, Ids);
        var principalKeys = new PrincipalKeyStore(database);
        var identityParts = new IdentityParts(
            identities, principalKeys, principals, new IdentityFindings(Ids), new Suspensions(records, indexer));
        var names = new IdentityNames(settings);
        var form = new IdentityForm(settings, principals);
        Identities = new IdentityEndpoints(settings, identityParts, names, form, keyReader, RevocationLog);
        IdentityStates = new IdentityStates(identities, names, RevocationLog);
        IdentityKeys = new IdentityKeyEndpoints(identityParts, names, keyReader, RevocationLog);
        RiskSignals = new RiskSignalEndpoints(identities, names, Ids);
        Resources = new ResourceEndpoints(settings, principals, RevocationLog);
        Findings = new FindingEndpoints(new FindingStore(database), principals);

        // governance
        var operators = new OperatorStore(database);
        Workflows = new WorkflowEndpoints(settings, new WorkflowForm(settings, principals), RevocationLog);
        var trial = new PolicyTrial(time);
        var candidates = new PolicyCandidates(trial);
        PolicyEndpoints = new PolicyEndpoints(policyStore, Policies, candidates, Redecision, settings.PolicySource);
        PolicySync = new PolicySync(
            PolicySources.Of(settings),
            new PolicySyncParts(
                database, Registry, Policies, trial, new SourceFinding(database, Audit, Ids, time),
                logs.CreateLogger("Writ.Policy")),
            Audit, time);
        ShadowRun = new ShadowRun(Decisions, Policies, Audit, time);
        Shadow = new ShadowEndpoints(candidates, Policies, ShadowRun, records, indexer);
        Suggest = new SuggestEndpoint(identities, Registry, new ObservedUse(records), indexer);
        Replay = new ReplayEndpoint(candidates, new Replay(records, indexer, time), streams);
        Explain = new ExplainEndpoint(
            records, indexer, new Explainer(Policies, policyStore, Registry, Tasks, time));
        Approvals = new ApprovalEndpoints(approvals, hands);
        Notices = new NoticeEndpoints(records, indexer);
        Locks = new LockEndpoint(new LockParts(identities, Tasks, Registry, principals), RevocationLog);
        var reader = new RecordReader(records, new RecordSearch(database), indexer);
        Story = new StoryEndpoint(reader, Tasks, Registry);
        RecordEndpoints = new RecordEndpoints(
            reader,
            new RecordTail(records, indexer, Registry, streams, Audit, time), streams,
            new PageTokens(secrets.Shared.NonceKey));
        Log = new TransparencyLog(
            settings, database, secrets.Encryption, Audit, indexer, new LogParts(Telemetry, Ids, time, logs));
        SigningKeys = new SigningKeyEndpoints(Keys, Rotation, RevocationLog);
        Retention = new RetentionParts(database, Audit, indexer, principals, Ids, settings, time);
        Bootstrap = new BootstrapSocket(settings, database, Audit, time);
        Restoration = new Restoration(settings, secrets.Encryption, RevocationLog, Audit, Rotation, time)
        {
            Linked = Log.Beginning.LinkAsync,
            Settled = Log.Beginning.SettleAsync,
        };
        PolicyReset = new PolicyReset(database, Audit, time);
        Enrol = new EnrolEndpoint(rooms, Callers, new EnrolParts(
            new EnrolmentStore(database), operators, attempts, principals, keyReader, new MissLimit(time), Ids, time));
        Operators = new OperatorEndpoints(settings, operators, principalKeys, principals, RevocationLog, Ids);
        OperatorKeys = new OperatorKeyEndpoints(operators, principals, keyReader, RevocationLog);

        // edge
        if (settings.Otlp is { } collector) _export = new TraceExport(collector, Telemetry, secrets.Shared.NonceKey);
        Guard = new RequestGuard(
            settings, Telemetry, Ids, IsUnavailable,
            (http, kind, code) => Failures.RecordAsync(http, kind, code, null), logs.CreateLogger("Writ.Edge"));
        Health = new Health(
        [
            new HealthPart("store", () => Revocations.IsFresh ? null : "this replica has lost sight of the store"),
            new HealthPart("keys", () => HasKeys ? null : "there is no key to sign with"),
            HealthPart.Disk(settings.DataDirectory),
            new HealthPart("policy_source", () => PolicySync.Fault) { IsWorkable = true },
            Log.Health,
        ]);
        Metrics = new MetricsEndpoint(Telemetry, records, Tasks, time);
        Telemetry.Observe("writ.append.waiting", "Records that wait for the writer.", () => Audit.Queued);
        Telemetry.ObserveSeconds(
            "writ.revocations.view.age", "Since this replica looked at the store for what others revoked.",
            () => Revocations.AgeSeconds);
        Telemetry.ObserveSeconds(
            "writ.redecision.age", "Since something changed that not all of what is out was held against.",
            () => Redecision.BehindSeconds);
        Telemetry.Observe(
            "writ.feed.readers", "Readers that follow the revocation feed.", () => FeedEndpoint.Places.Count);
        Telemetry.Observe("writ.revocations.head", "Index of the last revocation known.", () => revoked.Index);
        Telemetry.Observe("writ.revocations.held", "Revocations that still matter.", () => revoked.Count);

        var keyExpiry = new KeyExpiryWatch(database, Registry, Audit, Ids, time);
        var sweeper = new TaskSweeper(
            database, Tasks, Audit, RevocationLog, time, () => Revocations.InSightSince);
        Upkeep = new Upkeep(
        [
            new Chore("record index", TimeSpan.FromMilliseconds(200), c => indexer.RunAsync(c)),
            new Chore("record index of before", TimeSpan.FromSeconds(1), c => indexer.AgainAsync(c)),
            Log.Chore,
            Log.WitnessChore,
            new Chore("redecision", TimeSpan.FromMilliseconds(200), c => Redecision.RunAsync(c)),
            new Chore("policy source", settings.PolicySource?.Every ?? TimeSpan.FromMinutes(10), c =>
                PolicySync.RunAsync(c)),
            new Chore("policy shadow", TimeSpan.FromMilliseconds(200), c => ShadowRun.RunAsync(c)),
            new Chore("task sweep", TimeSpan.FromSeconds(1), c => sweeper.RunAsync(c)),
            new Chore("failure counts", TimeSpan.FromSeconds(1), _ => { Failures.Flush(); return Task.CompletedTask; }),
            new Chore("key expiry", TimeSpan.FromMinutes(10), c => keyExpiry.RunAsync(c)),
            new Chore("bootstrap socket", TimeSpan.FromSeconds(5), c => Bootstrap.KeepAsync(c)),
            new Chore("replay upkeep", TimeSpan.FromSeconds(5), c => ReplayStore.PruneAsync(database, c)),
            new Chore("refresh token upkeep", TimeSpan.FromMinutes(10), c =>
                refreshTokens.PruneAsync(time.GetUtcNow(), c)),
            new Chore("enrolment upkeep", TimeSpan.FromMinutes(10), c =>
                database.WriteAsync(EnrolmentStore.PruneAsync, c)),
            new Chore("pace upkeep", TimeSpan.FromMinutes(10), _ =>
            {
                issued.Recent.Prune();
                budget.Prune();
                return Task.CompletedTask;
            }),
            new Chore("risk upkeep", TimeSpan.FromMinutes(1), c => database.WriteAsync(RiskSignalStore.PruneAsync, c)),
            new Chore("approval upkeep", TimeSpan.FromMinutes(1), c =>
                database.WriteAsync(ApprovalStore.PruneAsync, c)),
            new Chore("spool upkeep", TimeSpan.FromHours(1), c => database.WriteAsync(RecordStore.PruneSpoolsAsync, c)),
            new Chore("revocation upkeep", TimeSpan.FromMinutes(1), c => Revocations.PruneAsync(c)),
            new Chore("decision log", TimeSpan.FromSeconds(1), c => DecisionLog?.RunAsync(c) ?? Task.CompletedTask),
            new Chore("metrics", TimeSpan.FromSeconds(15), c =>
                settings.Otlp is null ? Task.CompletedTask : Metrics.LookAsync(c)),
            .. Sinks.Chores,
            new Chore("key rotation", TimeSpan.FromMinutes(1), c => Rotation.KeepAsync(c)),
            .. Retention.Chores,
        ], Telemetry.Source, time, logs.CreateLogger("Writ.Upkeep"));
    }

    public Settings Settings { get; }
    public Database Database { get; }
    public TimeProvider Time { get; }
    public IdSource Ids { get; }
    public Registry Registry { get; }
    public TaskStore Tasks { get; }
    public Telemetry Telemetry { get; } = new();
    public SigningKeys Keys { get; }
    public DpopNonces Nonces { get; }
    public CallerAuthenticator Callers { get; }
    public TokenCallers TokenCallers { get; }
    public PolicyShelf Policies { get; }
    public DecisionPoint Decisions { get; }
    public FactSource Facts { get; }
    public AuditLog Audit { get; }
    public FailureCounter Failures { get; }
    public RevocationState Revocations { get; }
    public RevocationLog RevocationLog { get; }
    public Redecision Redecision { get; }
    public RevocationFeed Feed { get; }
    public StoreWatch Watch { get; }
    public KeyRotation Rotation { get; }
    public Carrier? DecisionLog { get; }
    public SinkSet Sinks { get; }
    public ActRoad Acts { get; }
    public MetadataEndpoints Metadata { get; }
    public TokenEndpoint Token { get; }
    public IntrospectionEndpoint Introspection { get; }
    public RevocationEndpoint Revocation { get; }
    public EvaluationEndpoint Evaluation { get; }
    public EvaluationsEndpoint Evaluations { get; }
    public SearchEndpoint Searches { get; }
    public DataEndpoint Data { get; }
    public AccessMetadata AccessMetadata { get; }
    public BundleEndpoint Bundle { get; }
    public ReportEndpoint Reports { get; }
    public FeedEndpoint FeedEndpoint { get; }
    public TaskEndpoints TaskEndpoints { get; }
    public IdentityEndpoints Identities { get; }
    public IdentityStates IdentityStates { get; }
    public IdentityKeyEndpoints IdentityKeys { get; }
    public RiskSignalEndpoints RiskSignals { get; }
    public ResourceEndpoints Resources { get; }
    public FindingEndpoints Findings { get; }
    public WorkflowEndpoints Workflows { get; }
    public PolicyEndpoints PolicyEndpoints { get; }
    public PolicySync PolicySync { get; }
    public ExplainEndpoint Explain { get; }
    public ReplayEndpoint Replay { get; }
    public SuggestEndpoint Suggest { get; }
    public ShadowRun ShadowRun { get; }
    public ShadowEndpoints Shadow { get; }
    public ApprovalEndpoints Approvals { get; }
    public NoticeEndpoints Notices { get; }
    public LockEndpoint Locks { get; }
    public RecordEndpoints RecordEndpoints { get; }
    public TransparencyLog Log { get; }
    public StoryEndpoint Story { get; }
    public SigningKeyEndpoints SigningKeys { get; }
    public RetentionParts Retention { get; }
    public BootstrapSocket Bootstrap { get; }
    public Restoration Restoration { get; }

    public PolicyReset PolicyReset { get; }
    public EnrolEndpoint Enrol { get; }
    public OperatorEndpoints Operators { get; }
    public OperatorKeyEndpoints OperatorKeys { get; }
    public Upkeep Upkeep { get; }
    public Health Health { get; }
    public MetricsEndpoint Metrics { get; }
    public RequestGuard Guard { get; }

    /// <summary>Opens the store, brings it up to date, and wires the rooms. Nothing is served yet. Owns the store, and
    /// closes it when this fails.</summary>
    public static async Task<Wiring> OpenAsync(
        Settings settings, Database database, TimeProvider time, ILoggerFactory logs,
        CancellationToken cancel = default)
    {
        Secrets secrets;
        try
        {
            secrets = await Secrets.ReadAsync(settings, database, cancel);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
        settings = settings with { ProofsAfter = secrets.Shared.ProofsAfter };
        var wiring = new Wiring(settings, database, time, logs, secrets);
        try
        {
            // Beside the rest, so that the first who asks does not wait for the compiler.
            var policy = Task.Run(() => wiring.Policies.WarmUpAsync(wiring.Registry, cancel), cancel);
            await wiring.Log.Beginning.EnsureAsync(cancel); // before any record, where there is none
            // Keys first: what is looked at next is told in signed messages.
            await wiring.Rotation.KeepAsync(cancel);
            wiring.Watch.Look();
            await wiring.Bootstrap.KeepAsync(cancel);
            await policy;
            return wiring;
        }
        catch
        {
            await wiring.DisposeAsync();
            throw;
        }
    }

    /// <summary>The store is full, away or refusing: answered with 503, and nothing was handed out.</summary>
    public static bool IsUnavailable(Exception e) => e is StoreUnavailableException || Database.IsUnavailable(e);

    private bool HasKeys => Keys.Current(KeyPurpose.Token) is not null && Keys.Current(KeyPurpose.Feed) is not null;

    public async ValueTask DisposeAsync()
    {
        await Bootstrap.DisposeAsync();
        Metrics.Dispose();
        Failures.Flush();
        await Log.DisposeAsync();
        await Audit.DisposeAsync();
        Watch.Dispose();
        await Database.DisposeAsync();
        Sinks.Dispose();
        _export?.Dispose();
        Telemetry.Dispose();
        _secrets.Dispose();
    }

    private static Dictionary<string, ITokenGrant> GrantTable(params ITokenGrant[] grants) =>
        grants.ToDictionary(g => g.GrantType, StringComparer.Ordinal);

    /// <summary>What lies outside the rooms and is opened before them; disposed after them.</summary>
    private sealed record Secrets(KeyEncryption Encryption, SharedSecrets Shared, HttpClient? Opa) : IDisposable
    {
        /// <summary>For the receiver of the decision log; null: there is none.</summary>
        public HttpClient? Log { get; init; }

        /// <summary>For issuers' keys: to configured addresses and the origins of issuers, never where they redirect.
        /// </summary>
        public HttpClient Http { get; } =
            new(new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                ActivityHeadersPropagator = null, // what a caller says of its trace is not for others
            });

        public static async Task<Secrets> ReadAsync(Settings settings, Database database, CancellationToken cancel)
        {
            await database.MigrateAsync(cancel);
            var encryption = KeyEncryption.FromFile(Path.Combine(settings.DataDirectory, "kek"));
            try
            {
                var shared = await SharedSecrets.ReadAsync(database, encryption, cancel);
                return new Secrets(
                    encryption, shared, settings.Opa is null ? null : OpaEngine.Client(settings.OpaPatience))
                {
                    Log = settings.DecisionLog is { } log ? OpaDecisionLog.Client(log.Patience) : null,
                };
            }
            catch
            {
                encryption.Dispose();
                throw;
            }
        }

        public void Dispose()
        {
            Http.Dispose();
            Opa?.Dispose();
            Log?.Dispose();
            Encryption.Dispose();
        }
    }
}
