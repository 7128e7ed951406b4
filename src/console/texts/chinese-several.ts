import type { SeveralTexts } from './english-several.ts';

/** The texts of what is done to several keys, users or teams at once, in Simplified Chinese. */
export const chineseSeveral: SeveralTexts = {
  several: {
    pick: (name) => `选择 ${name}`,
    column: '选择',
    bar: '所选项：',
    actions: { disable: '停用…', enable: '启用…' },
    all: '选择本页全部',
    none: '没有选择任何项。请先在列表中勾选。',
    back: '返回列表',
    gone: (n) => `所选项中有 ${n} 个已不存在。`,
    limits: '当前限制',
    running: '运行中',
    unknown: '未知',
    fate: '将会如何',
    changes: { disable: '被停用', enable: '被启用', limit: '采用新限制' },
    stays: (status) => ({ active: '保持启用', disabled: '保持停用', revoked: '保持吊销' })[status],
    stops: (running) => `会被中止的运行中请求：${running} 个。它们在半分钟内结束，并按已使用的量计费。`,
    stopsNothing: '不会中止任何运行中的请求。',
    stopsAtLeast: (running) =>
      `会被中止的运行中请求：至少 ${running} 个（并非所有账本都能查询）。它们在半分钟内结束，并按已使用的量计费。`,
    titles: {
      disable: (what) => `停用 ${what}？`,
      enable: (what) => `启用 ${what}？`,
      limit: (what) => `设置 ${what}的限制`,
    },
    confirm: {
      disable: (what) => `停用 ${what}`,
      enable: (what) => `启用 ${what}`,
      limit: (what) => `设置 ${what}的限制`,
    },
    asItIs: '保持不变',
    nothingTyped: '请至少填写一项限制。',
    done: {
      disable: (what) => `已停用 ${what}`,
      enable: (what) => `已启用 ${what}`,
      limit: (what) => `已设置 ${what}的限制`,
      undo: (what) => `已恢复 ${what}`,
    },
    whole: '全部完成。',
    partly: '没有全部完成，列表中说明了每一项的结果。',
    result: '结果',
    outcomes: {
      changed: '完成',
      late: '已保存，60 秒内生效',
      same: '原本如此',
      missing: '已不存在',
      revoked: '已永久吊销',
      stale: '未执行：期间被他人更改',
      waits: '尚未执行：一次涉及的密钥过多',
      failed: '失败：请查看后重试',
    },
    undo: '撤销',
    undoText: '把已更改的各项恢复原状；此后又被他人更改的除外。',
    goOn: (what) => `继续处理其余 ${what}`,
    keys: {
      of: (n) => `${n} 个密钥`,
      caption: '所选密钥',
      limit: '设置限制…',
      leads: {
        disable: '从下一个请求起被拒绝，直到重新启用。',
        enable: '从下一个请求起可用，仍受其所有者、有效期与限制约束。',
        limit: '留空的字段保持各密钥原值；填写 none 表示取消限制。',
      },
    },
    users: {
      of: (n) => `${n} 位用户`,
      caption: '所选用户',
      limit: '设置预算…',
      leads: {
        disable: '其全部密钥从下一个请求起被拒绝，个人页面也会退出登录，直到重新启用。',
        enable: '其密钥从下一个请求起按各自的设置可用。',
        limit: '预算对用户的全部密钥合计生效。留空的字段保持各用户原值；填写 none 表示取消预算。',
      },
    },
    teams: {
      of: (n) => `${n} 个团队`,
      caption: '所选团队',
      limit: '设置预算…',
      leads: {
        limit: '预算对成员的全部密钥合计生效。留空的字段保持各团队原值；填写 none 表示取消预算。',
      },
    },
  },
};
